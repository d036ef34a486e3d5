"""Pure rules of a transfer: why a decided dossier may not be executed."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.registry.learners.rules import GRADES
from services.registry.organisations.rules import Level


class Refusal(StrEnum):
    """Reasons that the dossier's desk can act upon."""

    UNKNOWN_LEARNER = "unknown_learner"
    UNKNOWN_FROM_SCHOOL = "unknown_from_school"
    UNKNOWN_TO_SCHOOL = "unknown_to_school"
    SAME_SCHOOL = "same_school"
    NOT_IN_FROM_SCHOOL = "not_in_from_school"
    LEVEL_NOT_TAUGHT = "level_not_taught"
    UNKNOWN_CLASS = "unknown_class"
    CLASS_LEVEL = "class_level"
    CLASS_GRADE = "class_grade"


GENERAL = (Level.PRIMARY, Level.LOWER_SECONDARY, Level.UPPER_SECONDARY)


def level_of(grade: int | None, before: str) -> str:
    """Return the level of the new grade; preschool and continuing education stay what they are."""
    if grade is None or Level(before) not in GENERAL:
        return before
    return next((str(level) for level in GENERAL if grade in GRADES[level]), before)


def is_there(school_id: UUID, begins: date, ends: date | None, from_school_id: UUID, effective: date) -> bool:
    """Tell whether the last spell is at the sending school and still runs on the day before the move."""
    return school_id == from_school_id and begins < effective and (ends is None or ends >= effective)


def class_misfit(level: str, grade: int | None, class_level: str, class_grade: int | None) -> Refusal | None:
    """Return why a learner of that level and grade cannot sit in the class: the codes of the enrolment checks and of the import."""
    if level != class_level:
        return Refusal.CLASS_LEVEL
    return Refusal.CLASS_GRADE if grade is not None and class_grade is not None and grade != class_grade else None


def is_taught(level: str, levels: Sequence[str]) -> bool:
    """Tell whether the receiving school teaches the level."""
    return level in levels
