"""School years and the classes of a school in a year."""
