"""Material for teaching and learning: drafts, review by somebody else, immutable versions, files."""
