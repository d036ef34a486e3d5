"""Insight: events in, figures out. A read model of registry facts, indicators computed from it, and plans set beside them."""
