"""People and their typed identifiers; learners, staff and guardians are roles of a person."""
