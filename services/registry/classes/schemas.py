"""Bodies and answers of school years and classes."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from libs.common.text import nfc
from libs.common.validation import FieldRuleError
from services.registry.fields import Code, Day, Grade, Input, SchoolYear
from services.registry.organisations.rules import Level

ClassName = Annotated[str, Field(min_length=1, max_length=60, examples=["6A1"]), AfterValidator(nfc)]


class SchoolYearSet(Input):
    """First and last day of a school year."""

    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if self.ends_on <= self.starts_on:
            raise FieldRuleError("order", "Ngày kết thúc phải sau ngày bắt đầu.", "The last day must come after the first one.")
        return self


class SchoolYearOut(BaseModel):
    """A school year; `ends_on` is its last day."""

    school_year: str
    starts_on: date
    ends_on: date
    version: int


class ClassBody(Input):
    """What a class is."""

    level: Level
    grade: Grade | None = None
    studies_informatics: bool = False
    homeroom_staff_id: UUID | None = None
    site_code: Code | None = None


class ClassCreate(ClassBody):
    """A class of a school in a year."""

    school_code: Code
    school_year: SchoolYear
    name: ClassName


class ClassChange(Input):
    """A change; what is absent stays."""

    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"name", "level", "studies_informatics"})

    name: ClassName | None = None
    level: Level | None = None
    grade: Grade | None = None
    studies_informatics: bool | None = None
    homeroom_staff_id: UUID | None = None
    site_code: Code | None = None


class ClassOut(BaseModel):
    """A class."""

    class_id: UUID
    school_id: UUID
    school_code: str | None
    school_year: str
    grade: int | None
    level: Level
    name: str
    studies_informatics: bool
    homeroom_staff_id: UUID | None
    site_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
