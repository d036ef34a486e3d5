"""Learning: the curriculum, and material that is reviewed before the province sees it."""
