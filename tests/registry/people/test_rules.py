"""Identifiers, partial birth dates, and the signs of a mistyped personal number."""

from datetime import date

import pytest

from services.registry.people import rules
from services.registry.people.rules import BirthDate, BirthPrecision


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("2010-05-03", date(2010, 5, 3), BirthPrecision.DAY),
        ("2010-05", date(2010, 5, 1), BirthPrecision.MONTH),
        ("2010", date(2010, 1, 1), BirthPrecision.YEAR),
    ],
)
def test_birth_dates_known_in_part(text: str, value: date, precision: BirthPrecision) -> None:
    read = rules.parse_birth_date(text)
    assert (read.value, read.precision) == (value, precision)
    assert str(read) == text


@pytest.mark.parametrize("text", ["", "10", "2010-13", "2010-02-30", "03/05/2010", "2010-5-3", "2010-05-03T00:00"])
def test_what_is_no_birth_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        rules.parse_birth_date(text)


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("personal_number", "010215001234", True),
        ("personal_number", "01021500123", False),
        ("personal_number", "01021500123\uff14", False),
        ("ministry_code", "1012345678", True),
        ("ministry_code", "101234567", False),
        ("temporary_code", "TEMP-123456789012", True),
        ("temporary_code", "123456789012", False),
        ("lifelong_code", "anything", True),
        ("foreign_document", "P 123", True),
    ],
)
def test_forms_of_identifiers(kind: str, value: str, good: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert (rules.identifier_faults(kind, value, "/value") == []) is good


@pytest.mark.parametrize(
    ("number", "birth", "sex", "warnings"),
    [
        ("010215001234", "2015-03-02", 1, []),
        ("010315001234", "2015", 2, []),
        ("010085001234", "1985", 1, []),
        ("010185001234", "1985", 2, []),
        ("010215001234", "2015", 2, ["personal_number_sex"]),
        ("010215001234", "2014", 1, ["personal_number_birth_year"]),
        ("010085001234", "2015", 2, ["personal_number_birth_year", "personal_number_sex"]),
        ("010215001234", "2015", 0, []),
        ("malformed", "2015", 1, []),
        (None, "2015", 1, []),
    ],
)
def test_signs_of_a_mistyped_personal_number(number: str | None, birth: str, sex: int, warnings: list[str]) -> None:
    assert rules.personal_number_warnings(number, rules.parse_birth_date(birth), sex) == warnings


@pytest.mark.parametrize(("value", "code"), [(date(2030, 1, 1), "future_date"), (date(1899, 1, 1), "too_early")])
def test_impossible_birth_dates(value: date, code: str) -> None:
    faults = rules.birth_date_faults(BirthDate(value, BirthPrecision.DAY), date(2026, 11, 25), "/birth_date")
    assert [fault.code for fault in faults] == [code]
