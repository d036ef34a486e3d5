"""Facts the worlds are checked against, and the names their people get."""
