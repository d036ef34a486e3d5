"""The catalogue of administrative procedures, by date."""
