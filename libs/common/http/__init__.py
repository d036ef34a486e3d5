"""HTTP as every service speaks it: pages, conditions, repetition, tracing, clients."""
