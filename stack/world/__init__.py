"""Demonstration worlds: synthetic people behind the printed figures of real plans, loaded the way a vendor integrates."""
