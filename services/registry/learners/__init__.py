"""Learners and their spells of enrolment."""
