"""Pure: the subject-grades of the national curriculum in force on a day, from the reference data (data/curriculum-periods.csv)."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

_NO_CODE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class SubjectGrade:
    """One subject in one grade; `last_day` is the last day on which it holds."""

    level: str
    grade: int
    subject: str
    valid_from: date
    last_day: date | None

    def holds(self, day: date) -> bool:
        """Tell whether the subject is taught in the grade on the day."""
        return self.valid_from <= day and (self.last_day is None or day <= self.last_day)


def in_force(day: date) -> Mapping[tuple[int, str], str]:
    """Return the level of each pair of grade and subject code in force on the day."""
    return {(row.grade, row.subject): row.level for row in _subject_grades() if row.holds(day)}


def subject_code(name: str) -> str:
    """Return the code under which contents name a subject: its English name without what stands in brackets."""
    return _NO_CODE.sub("_", name.partition(" (")[0].lower()).strip("_")


@cache
def _subject_grades() -> tuple[SubjectGrade, ...]:
    text = files(__package__).joinpath("data", "curriculum-periods.csv").read_text(encoding="utf-8")
    return tuple(_read(csv.DictReader(text.splitlines())))


def _read(rows: Iterable[Mapping[str, str]]) -> Iterator[SubjectGrade]:
    for row in rows:
        last = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        yield SubjectGrade(row["level"], int(row["grade"]), subject_code(row["subject_en"]), date.fromisoformat(row["valid_from"]), last)
