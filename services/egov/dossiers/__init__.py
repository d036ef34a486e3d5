"""Dossiers of the school transfer (2.002854), from the draft to the returned result."""
