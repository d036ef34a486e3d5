"""Pure rules of enrolment: code lists, grades of a level, and how a spell starts and ends. Periods are `[from, to)`."""

from collections.abc import Mapping
from enum import StrEnum

from services.registry.organisations.rules import Level

GRADES: Mapping[Level, range] = {
    # Preschool groups run from the nursery (0) to five-year-olds; plans count them as classes without a grade.
    Level.PRESCHOOL: range(1),
    Level.PRIMARY: range(1, 6),
    Level.LOWER_SECONDARY: range(6, 10),
    Level.UPPER_SECONDARY: range(10, 13),
    Level.CONTINUING: range(1, 13),
}


class EnrolmentStatus(StrEnum):
    """The ministry's enrolment statuses (registry-rules.yaml, certainty medium)."""

    STUDYING = "01"
    ARRIVED_TERM_1 = "02"
    RETURNED_TERM_1 = "03"
    MOVED_OUT_TERM_1 = "04"
    DROPPED_OUT_TERM_1 = "05"
    ARRIVED_TERM_2 = "06"
    RETURNED_TERM_2 = "07"
    MOVED_OUT_TERM_2 = "08"
    DROPPED_OUT_TERM_2 = "09"
    ARRIVED_SUMMER = "10"
    MOVED_OUT_SUMMER = "11"
    DROPPED_OUT_SUMMER = "12"


LEAVING = frozenset(
    {
        EnrolmentStatus.MOVED_OUT_TERM_1,
        EnrolmentStatus.DROPPED_OUT_TERM_1,
        EnrolmentStatus.MOVED_OUT_TERM_2,
        EnrolmentStatus.DROPPED_OUT_TERM_2,
        EnrolmentStatus.MOVED_OUT_SUMMER,
        EnrolmentStatus.DROPPED_OUT_SUMMER,
    }
)
"""Statuses that end a spell; the others begin or continue one."""

FIRST_TERM_MONTHS = frozenset({8, 9, 10, 11, 12})
SECOND_TERM_MONTHS = frozenset({1, 2, 3, 4, 5})


def grade_fits(level: Level, grade: int | None) -> bool:
    """Tell whether a grade belongs to a level; preschool has none."""
    return grade is None or grade in GRADES[level]


def moved_out(month: int) -> EnrolmentStatus:
    """Return the status of a learner who moves to another school in that month."""
    if month in FIRST_TERM_MONTHS:
        return EnrolmentStatus.MOVED_OUT_TERM_1
    return EnrolmentStatus.MOVED_OUT_TERM_2 if month in SECOND_TERM_MONTHS else EnrolmentStatus.MOVED_OUT_SUMMER


def arrived(month: int) -> EnrolmentStatus:
    """Return the status of a learner who comes from another school in that month."""
    if month in FIRST_TERM_MONTHS:
        return EnrolmentStatus.ARRIVED_TERM_1
    return EnrolmentStatus.ARRIVED_TERM_2 if month in SECOND_TERM_MONTHS else EnrolmentStatus.ARRIVED_SUMMER
