"""The programme of 2018 as dated rows: reading the facts file, sums of periods, and coverage by approved material."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

_NO_CODE: Final = re.compile(r"[^a-z0-9]+")
PERCENT: Final = 100


class Level(StrEnum):
    """Levels of education; the programme covers the three with grades."""

    PRESCHOOL = "preschool"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    UPPER_SECONDARY = "upper_secondary"
    CONTINUING = "continuing"


class SubjectKind(StrEnum):
    """How a subject is taken: by all, by choice, or as clusters of topics."""

    COMPULSORY = "compulsory"
    ELECTIVE = "elective"
    CHOOSE_4_OF_9 = "choose_4_of_9"
    TOPIC_CLUSTERS = "topic_clusters"


GRADES: Final[Mapping[Level, range]] = {
    Level.PRIMARY: range(1, 6),
    Level.LOWER_SECONDARY: range(6, 10),
    Level.UPPER_SECONDARY: range(10, 13),
}
CHOSEN: Final = 4
"""Subjects that a learner of upper secondary chooses out of nine (Circular 13/2022/TT-BGDĐT)."""


@dataclass(frozen=True, slots=True)
class Period:
    """Periods a year of one subject in one grade; `valid_to` is exclusive."""

    level: Level
    grade: int
    subject: str
    subject_vi: str
    subject_en: str
    kind: SubjectKind
    assessed_by: str
    periods_per_year: int
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: str
    note: str


def has_grades(level: Level) -> bool:
    """Tell whether the level is taught by grades and subjects of the programme."""
    return level in GRADES


def grade_fits(level: Level, grade: int | None) -> bool:
    """Tell whether the grade belongs to the level; a level without grades has none."""
    return grade in GRADES[level] if level in GRADES else grade is None


def subject_code(subject_en: str) -> str:
    """Return the code of a subject: its English name without what stands in brackets."""
    return _NO_CODE.sub("_", subject_en.partition(" (")[0].lower()).strip("_")


def read(lines: Iterable[str]) -> Iterator[Period]:
    """Read the facts file; its last day of validity becomes an exclusive end. Raises ValueError or KeyError on a broken line."""
    for row in csv.DictReader(lines):
        last = row["valid_to"]
        yield Period(
            level=Level(row["level"]),
            grade=int(row["grade"]),
            subject=subject_code(row["subject_en"]),
            subject_vi=row["subject_vi"],
            subject_en=row["subject_en"],
            kind=SubjectKind(row["kind"]),
            assessed_by=row["assessed_by"],
            periods_per_year=int(row["periods_per_year"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(last) + timedelta(days=1) if last else None,
            legal_basis=row["legal_basis"],
            certainty=row["certainty"],
            note=row["note"],
        )


@dataclass(frozen=True, slots=True)
class Taught:
    """One subject of one grade, as the sums need it."""

    level: Level
    grade: int
    subject: str
    kind: SubjectKind
    periods: int


@dataclass(frozen=True, slots=True)
class Total:
    """Periods a year of one grade, electives apart. `chosen` and `total` are None where the subjects to choose from differ in periods."""

    level: Level
    grade: int
    subjects: int
    compulsory: int
    chosen: int | None
    topic_clusters: int
    elective: int
    total: int | None


def totals(rows: Iterable[Taught]) -> list[Total]:
    """Return the sums of each grade, in the order of grades; what a learner may leave out (electives) is not in `total`."""
    grades: dict[tuple[int, Level], list[Taught]] = defaultdict(list)
    for row in rows:
        grades[row.grade, row.level].append(row)
    return [_total(level, grade, grades[grade, level]) for grade, level in sorted(grades)]


def _total(level: Level, grade: int, rows: list[Taught]) -> Total:
    compulsory, elective, clusters = (
        sum(row.periods for row in rows if row.kind is kind)
        for kind in (SubjectKind.COMPULSORY, SubjectKind.ELECTIVE, SubjectKind.TOPIC_CLUSTERS)
    )
    offered = {row.periods for row in rows if row.kind is SubjectKind.CHOOSE_4_OF_9}
    chosen = CHOSEN * sum(offered) if len(offered) <= 1 else None
    total = None if chosen is None else compulsory + chosen + clusters
    return Total(level, grade, len(rows), compulsory, chosen, clusters, elective, total)


@dataclass(frozen=True, slots=True)
class Covered:
    """Subject-grades of the programme and how many of them have approved material; `share` in percent, None where there are none."""

    subject_grades: int
    covered: int

    @property
    def share(self) -> float | None:
        """Percent, rounded to two places."""
        return round(PERCENT * self.covered / self.subject_grades, 2) if self.subject_grades else None


def coverage(rows: Iterable[Taught], approved: Mapping[tuple[int, str], int]) -> Covered:
    """Count the subject-grades that have at least one piece of approved material; `approved` is keyed by grade and subject."""
    keys = [(row.grade, row.subject) for row in rows]
    return Covered(len(keys), sum(approved.get(key, 0) > 0 for key in keys))
