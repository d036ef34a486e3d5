"""Counts of incoming and outgoing documents."""
