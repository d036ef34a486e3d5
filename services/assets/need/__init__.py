"""The need for computers by dated norms: learners per level beside what the schools have."""
