"""Grades, levels and statuses."""

import pytest

from services.registry.learners import rules
from services.registry.learners.rules import EnrolmentStatus
from services.registry.organisations.rules import Level


@pytest.mark.parametrize(
    ("level", "grade", "fits"),
    [
        (Level.PRIMARY, 1, True),
        (Level.PRIMARY, 5, True),
        (Level.PRIMARY, 6, False),
        (Level.LOWER_SECONDARY, 6, True),
        (Level.UPPER_SECONDARY, 12, True),
        (Level.UPPER_SECONDARY, 9, False),
        (Level.PRESCHOOL, None, True),
        (Level.PRESCHOOL, 1, False),
        (Level.CONTINUING, 9, True),
    ],
)
def test_grades_of_levels(level: Level, grade: int | None, fits: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert rules.grade_fits(level, grade) is fits


@pytest.mark.parametrize(
    ("month", "out", "arrived"), [(9, "04", "02"), (12, "04", "02"), (1, "08", "06"), (5, "08", "06"), (7, "11", "10")]
)
def test_statuses_of_a_move_by_month(month: int, out: str, arrived: str) -> None:
    assert (rules.moved_out(month), rules.arrived(month)) == (EnrolmentStatus(out), EnrolmentStatus(arrived))
