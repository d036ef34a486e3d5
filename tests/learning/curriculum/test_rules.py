"""The facts file as rows, its sums, and coverage as arithmetic."""

from datetime import date
from importlib.resources import files

import pytest

from services.learning.curriculum.rules import (
    Level,
    Period,
    SubjectKind,
    Taught,
    coverage,
    grade_fits,
    read,
    subject_code,
    totals,
)

PRINTED = {1: 875, 2: 875, 3: 980, 4: 1050, 5: 1050, 6: 1015, 7: 1015, 8: 1032, 9: 1032}


def periods() -> list[Period]:
    text = files("services.learning.curriculum").joinpath("data", "curriculum-periods.csv").read_text(encoding="utf-8")
    return list(read(text.splitlines()))


def taught(on: date) -> list[Taught]:
    return [Taught(row.level, row.grade, row.subject, row.kind, row.periods_per_year) for row in periods() if row.valid_from <= on]


def test_sums_of_grades_1_to_9_are_the_printed_ones() -> None:
    assert {total.grade: total.total for total in totals(taught(date(2026, 1, 1))) if total.grade <= 9} == PRINTED


def test_sums_of_upper_secondary() -> None:
    found = [total for total in totals(taught(date(2026, 1, 1))) if total.level is Level.UPPER_SECONDARY]
    assert [(total.grade, total.compulsory, total.chosen, total.topic_clusters, total.total) for total in found] == [
        (grade, 612, 280, 105, 997) for grade in (10, 11, 12)
    ]


def test_a_choice_between_unequal_subjects_has_no_sum() -> None:
    rows = [
        Taught(Level.UPPER_SECONDARY, 10, name, SubjectKind.CHOOSE_4_OF_9, number) for name, number in (("physics", 70), ("chemistry", 71))
    ]
    assert [(total.chosen, total.total) for total in totals(rows)] == [(None, None)]


def test_every_line_is_read_and_codes_are_unique_in_a_grade() -> None:
    rows = periods()
    assert len(rows) == 166
    assert len({(row.grade, row.subject) for row in rows}) == 166
    assert all(grade_fits(row.level, row.grade) for row in rows)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Arts (music, fine arts)", "arts"), ("Foreign language 1", "foreign_language_1"), ("Topic clusters (3 chosen)", "topic_clusters")],
    ids=["brackets", "number", "brackets-and-number"],
)
def test_subject_codes(name: str, code: str) -> None:
    assert subject_code(name) == code


def test_the_last_day_of_the_file_becomes_an_exclusive_end() -> None:
    header = "level,grade,subject_vi,subject_en,kind,assessed_by,periods_per_year,valid_from,valid_to,legal_basis,certainty,note"
    line = "primary,1,Toán,Mathematics,compulsory,marks,105,2020-09-05,2024-12-31,X,high,"
    assert next(read([header, line])).valid_to == date(2025, 1, 1)


def test_levels_without_grades_have_none() -> None:
    assert grade_fits(Level.PRESCHOOL, None)
    assert not grade_fits(Level.PRESCHOOL, 1)
    assert not grade_fits(Level.PRIMARY, None)
    assert not grade_fits(Level.PRIMARY, 6)


def test_coverage_counts_subject_grades_not_contents() -> None:
    rows = taught(date(2026, 1, 1))
    found = coverage(rows, {(1, "mathematics"): 7, (2, "mathematics"): 1, (1, "astrology"): 3})
    assert (found.subject_grades, found.covered, found.share) == (166, 2, 1.2)
    assert coverage([], {}).share is None
