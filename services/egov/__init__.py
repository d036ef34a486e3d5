"""The e-government service: procedures, dossiers with legal deadlines, document counts."""
