"""Field types that the registry's request bodies share."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from libs.common.text import nfc, tidy_name
from libs.common.validation import FieldRuleError
from services.registry import names
from services.registry.people.rules import parse_birth_date


class Input(BaseModel):
    """Base of every request body: unknown fields are refused, text is stored in NFC without outer spaces.

    A field in NEVER_NULL may be left out of a change, but not be given as null.
    """

    NEVER_NULL: ClassVar[frozenset[str]] = frozenset()
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.field_name in cls.NEVER_NULL:
            raise FieldRuleError("null", "Không được để trống.", "Must not be null.")
        return value


def _birth_date(text: str) -> str:
    try:
        return str(parse_birth_date(text))
    except ValueError as error:
        raise FieldRuleError(
            "birth_date_form",
            "Ngày sinh phải có dạng YYYY, YYYY-MM hoặc YYYY-MM-DD.",
            "The birth date must be YYYY, YYYY-MM or YYYY-MM-DD.",
        ) from error


def _year(text: str) -> str:
    first, last = text.split("-")
    if int(last) != int(first) + 1:
        raise FieldRuleError("school_year_form", "Năm học phải gồm hai năm liền nhau.", "A school year spans two successive years.")
    return text


def _named(rule: names.NameRule) -> AfterValidator:
    def check(text: str) -> str:
        if not rule.allows(text):
            raise FieldRuleError("name_form", f"Cần {rule.vi}.", f"Give {rule.en}.")
        return text

    return AfterValidator(check)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["10-TH-0123"])]
# Lengths come before the validators: pydantic then checks them as those of a string.
Title = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(nfc)]
TidyName = Annotated[str, Field(min_length=1, max_length=names.PERSON.longest), AfterValidator(tidy_name)]
PersonName = Annotated[TidyName, _named(names.PERSON)]
Ethnicity = Annotated[str, Field(min_length=1, max_length=names.ETHNICITY.longest), AfterValidator(nfc), _named(names.ETHNICITY)]
OrganisationName = Annotated[Title, _named(names.ORGANISATION)]
BirthDateText = Annotated[
    str,
    BeforeValidator(_number_as_text),
    Field(min_length=4, max_length=10, examples=["2010-05-03", "2010-05", "2010"], description="known to the day, month or year"),
    AfterValidator(_birth_date),
]
SchoolYear = Annotated[str, Field(pattern=r"^20[0-9]{2}-20[0-9]{2}$", examples=["2017-2018"]), AfterValidator(_year)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Grade = Annotated[int, Field(ge=0, le=12)]
