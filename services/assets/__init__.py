"""Assets: what schools own and use, what they need by norm, and what it loses in value each year."""
