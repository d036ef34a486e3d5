"""The parts that need no database: headers, forms, messages, cells of a workbook, and rules told twice."""

import re
from datetime import date

import pytest

from libs.common.imports.cells import swapped
from libs.common.imports.columns import header_faults
from services.registry.imports import classes, learners, organisations, people, staff
from services.registry.imports.columns import COLUMNS, ImportKind
from services.registry.imports.messages import SENTENCES
from services.registry.learners.rules import GRADES, moved_out
from services.registry.people.rules import patterns
from tests.registry.imports.conftest import Importer


def test_headers_are_matched_with_what_people_write() -> None:
    columns = COLUMNS[ImportKind.LEARNERS]
    good = [column.name for column in columns]
    assert header_faults(columns, good) == []
    faults = header_faults(columns, ["Ministry_Code", "HỌ VÀ TÊN", "ngay sinh", "sexx", "grade", "grade", "nonsense", *good[5:8]])
    assert [
        (column, code, hint.partition("“")[2].partition("”")[0]) for _, column, code, _, hint in faults if code != "missing_column"
    ] == [
        ("Ministry_Code", "unknown_column", "ministry_code"),
        ("HỌ VÀ TÊN", "unknown_column", "full_name"),
        ("ngay sinh", "unknown_column", "birth_date"),
        ("sexx", "unknown_column", "sex"),
        ("grade", "doubled_column", ""),
        ("nonsense", "unknown_column", ""),
    ]
    assert (1, "level", "missing_column", "level", "") in faults


def test_every_code_has_a_sentence_in_both_languages() -> None:
    written = "".join(
        statement for module in (classes, learners, organisations, staff) for statement in (*module.PLAN.checks, people.PERSON_DIFFERS)
    )
    used = set(re.findall(r"(?:THEN|ELSE|',) '([a-z]+_[a-z_]+)'", written)) & (set(SENTENCES) | {"unknown"})
    assert used <= set(SENTENCES)
    for kind in ImportKind:
        for column in COLUMNS[kind]:
            assert column.form.code not in SENTENCES  # all wrong forms share one sentence
    for text in SENTENCES.values():
        assert text.vi != text.en
        assert re.findall(r"\{\w+\}", text.vi).count("{value}") == text.en.count("{value}")


def test_identifiers_have_the_registrys_patterns() -> None:
    for kind, good, bad in (("ministry_code", "1234567890", "123456789"), ("personal_number", "012345678901", "12345678901")):
        form = next(column.form for column in COLUMNS[ImportKind.LEARNERS] if column.name == kind)
        assert bool(patterns()[kind].search(good)) is form.fits(good) is True
        assert bool(patterns()[kind].search(bad)) is form.fits(bad) is False


async def test_rules_told_in_sql_are_those_told_in_python(importer: Importer) -> None:
    for level, grades in GRADES.items():
        for grade in range(13):
            told = await importer.value("SELECT import_grade_fits($1, $2)", str(level), grade)
            assert told is (grade in grades), (level, grade)
    for month in range(1, 13):
        assert await importer.value("SELECT import_left_status($1)", date(2026, month, 9)) == moved_out(month)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2017-09-05", date(2017, 9, 5)),
        ("5/9/2017", date(2017, 9, 5)),
        ("05/09/2017", date(2017, 9, 5)),
        ("2017-09", date(2017, 9, 1)),
        ("2017", date(2017, 1, 1)),
        ("2017-02-30", None),
        ("31/02/2017", None),
        ("2017-13", None),
        ("today", None),
        ("a/b/cdef", None),
        ("", None),
    ],
)
async def test_days_are_read_without_ever_failing(importer: Importer, text: str, day: date | None) -> None:
    assert await importer.value("SELECT import_day($1)", text) == day


def test_swapped_columns_are_told_from_a_sample() -> None:
    columns = COLUMNS[ImportKind.CLASSES]
    row: dict[str, str | None] = {column.name: None for column in columns} | {"level": "2017-2018", "school_year": "primary", "name": "1A"}
    assert swapped(columns, [row] * 10) == [("school_year", "level"), ("level", "school_year")]
    assert swapped(columns, [row | {"level": "primary", "school_year": "2017-2018"}] * 10) == []
