"""The registry: organisations, people, learners, staff, classes, guardians and the moves between schools."""
