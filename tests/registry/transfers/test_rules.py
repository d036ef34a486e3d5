"""Why a decided transfer may not be executed."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.transfers import rules

HERE, THERE = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("grade", "before", "level"),
    [
        (6, "primary", "lower_secondary"),
        (5, "primary", "primary"),
        (10, "lower_secondary", "upper_secondary"),
        (None, "preschool", "preschool"),
        (9, "continuing", "continuing"),
    ],
)
def test_the_level_follows_the_grade(grade: int | None, before: str, level: str) -> None:
    assert rules.level_of(grade, before) == level


@pytest.mark.parametrize(
    ("school", "begins", "ends", "there"),
    [
        (HERE, date(2026, 9, 1), None, True),
        (HERE, date(2026, 9, 1), date(2026, 10, 1), True),
        (HERE, date(2026, 9, 1), date(2026, 9, 30), False),
        (HERE, date(2026, 10, 1), None, False),
        (THERE, date(2026, 9, 1), None, False),
    ],
)
def test_the_learner_is_there_until_the_day_before(school: UUID, begins: date, ends: date | None, there: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert rules.is_there(school, begins, ends, HERE, date(2026, 10, 1)) is there


@pytest.mark.parametrize(
    ("level", "grade", "class_level", "class_grade", "refusal"),
    [
        ("primary", 5, "primary", 5, None),
        ("primary", 1, "primary", 5, "class_grade"),
        ("primary", 1, "primary", None, None),
        ("preschool", None, "preschool", 0, None),
        ("primary", 5, "continuing", 5, "class_level"),
    ],
)
def test_a_class_takes_its_own_level_and_grade(
    level: str, grade: int | None, class_level: str, class_grade: int | None, refusal: str | None
) -> None:
    assert rules.class_misfit(level, grade, class_level, class_grade) == refusal
