"""Turns sums and coverage into answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from services.learning.curriculum.rules import GRADES, Covered, SubjectKind, Taught, coverage, totals
from services.learning.curriculum.schemas import CoverageOut, GradeCoverageOut, LevelCoverageOut, TotalOut, TotalsOut


def totals_out(as_of: date, rows: Sequence[Taught]) -> TotalsOut:
    """Return the sums of every grade."""
    return TotalsOut(as_of=as_of, items=[TotalOut.model_validate(asdict(total)) for total in totals(rows)])


def coverage_out(as_of: date, kind: SubjectKind | None, rows: Sequence[Taught], approved: Mapping[tuple[int, str], int]) -> CoverageOut:
    """Return coverage of the whole, of levels and of grades."""
    counted = [row for row in rows if kind is None or row.kind is kind]
    levels = [
        LevelCoverageOut(level=level, **_numbers(coverage([row for row in counted if row.level is level], approved))) for level in GRADES
    ]
    grades = [_grade([row for row in counted if row.grade == grade], approved) for grade in sorted({row.grade for row in counted})]
    return CoverageOut(as_of=as_of, kind=kind, levels=levels, grades=grades, **_numbers(coverage(counted, approved)))


def _grade(rows: list[Taught], approved: Mapping[tuple[int, str], int]) -> GradeCoverageOut:
    missing = [row.subject for row in rows if not approved.get((row.grade, row.subject))]
    return GradeCoverageOut(level=rows[0].level, grade=rows[0].grade, missing=missing, **_numbers(coverage(rows, approved)))


def _numbers(covered: Covered) -> dict[str, Any]:
    return {"subject_grades": covered.subject_grades, "covered": covered.covered, "share": covered.share}
