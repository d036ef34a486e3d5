"""Pure rules about people: identifiers, birth dates known in part, and the signs of a mistyped personal number."""

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import cache
from importlib.resources import files

import yaml

from libs.common.errors import FieldError

EARLIEST_BIRTH = date(1900, 1, 1)
CENTURY_DIGITS = 2
TEMPORARY = "temporary_code"


class IdentifierKind(StrEnum):
    """The kinds of identifier a person may bear (registry-rules.yaml)."""

    PERSONAL_NUMBER = "personal_number"
    MINISTRY_CODE = "ministry_code"
    LIFELONG_CODE = "lifelong_code"
    TEMPORARY_CODE = "temporary_code"
    FOREIGN_DOCUMENT = "foreign_document"
    BIRTH_CERTIFICATE = "birth_certificate"


class Sex(IntEnum):
    """The national code list of sex."""

    UNKNOWN = 0
    MALE = 1
    FEMALE = 2


class BirthPrecision(StrEnum):
    """How far a birth date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date with its precision; unknown parts are stored as the first month or day."""

    value: date
    precision: BirthPrecision

    def __str__(self) -> str:
        length = {BirthPrecision.DAY: 10, BirthPrecision.MONTH: 7, BirthPrecision.YEAR: 4}[self.precision]
        return self.value.isoformat()[:length]


def parse_birth_date(text: str) -> BirthDate:
    """Read `2010-05-03`, `2010-05` or `2010`. Raises ValueError."""
    match re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text, re.ASCII):
        case None:
            raise ValueError(text)
        case found:
            year, month, day = found.groups()
    precision = BirthPrecision.DAY if day else BirthPrecision.MONTH if month else BirthPrecision.YEAR
    return BirthDate(date(int(year), int(month or 1), int(day or 1)), precision)


def birth_date_faults(birth: BirthDate, today: date, pointer: str) -> list[FieldError]:
    """Return what is impossible about a birth date."""
    if birth.value > today:
        return [FieldError(pointer=pointer, code="future_date", vi="Ngày sinh ở trong tương lai.", en="The birth date is in the future.")]
    if birth.value < EARLIEST_BIRTH:
        return [FieldError(pointer=pointer, code="too_early", vi="Ngày sinh trước năm 1900.", en="The birth date is before 1900.")]
    return []


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Return the pattern of each kind of identifier that has one; the others are opaque."""
    text = files(__package__).joinpath("data", "registry-rules.yaml").read_text(encoding="utf-8")
    listed = yaml.safe_load(text)["identifiers"]
    return {item["key"]: re.compile(item["pattern"], re.ASCII) for item in listed if "pattern" in item}


def identifier_faults(kind: str, value: str, pointer: str) -> list[FieldError]:
    """Return what is wrong with the form of an identifier."""
    pattern = patterns().get(kind)
    if pattern is None or pattern.fullmatch(value):
        return []
    shape = pattern.pattern.strip("^$")
    return [
        FieldError(
            pointer=pointer,
            code="identifier_form",
            vi=f"Mã {kind} không đúng dạng {shape}.",
            en=f"The {kind} does not have the form {shape}.",
        )
    ]


def personal_number_warnings(number: str | None, birth: BirthDate, sex: int) -> list[str]:
    """Return the codes of what in a personal number disagrees with sex and birth year: signs of a mistake, never a refusal.

    Digit 4 holds century and sex (1900s 0 male 1 female, 2000s 2 and 3, 2100s 4 and 5), digits 5-6 the birth year.
    """
    if number is None or not patterns()["personal_number"].fullmatch(number):
        return []
    century, female = divmod(int(number[3]), CENTURY_DIGITS)
    warnings = []
    if 1900 + 100 * century + int(number[4:6]) != birth.value.year:
        warnings.append("personal_number_birth_year")
    if sex != Sex.UNKNOWN and (sex == Sex.FEMALE) != bool(female):
        warnings.append("personal_number_sex")
    return warnings
