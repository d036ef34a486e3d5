"""The general education programme: subjects, periods a year, and how much of it has approved material."""
