"""Which organisation offers which procedure, at which online level."""
