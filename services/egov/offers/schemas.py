"""Bodies and answers of offers."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from libs.common.validation import FieldRuleError
from services.egov.bulk import MOST_ROWS
from services.egov.fields import Day, Input, OrganisationCode, ProcedureCode

Level = Annotated[
    Literal["2", "3", "4", "full", "partial", "none"],
    Field(description="2, 3, 4 are the levels of the rules before 15 August 2022; full, partial and none those since"),
]


class OfferPut(Input):
    """An organisation offers a procedure; natural key (organisation_code, procedure_code, valid_from). `valid_to` is exclusive."""

    organisation_code: OrganisationCode
    procedure_code: ProcedureCode
    level: Level
    one_stop: bool = False
    valid_from: Day
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise FieldRuleError("order", "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the start.")
        return self


class OffersPut(Input):
    """Many offers at once: all are written, or none."""

    items: Annotated[list[OfferPut], Field(min_length=1, max_length=MOST_ROWS)]


class PutOut(BaseModel):
    """What a bulk load did."""

    created: int
    changed: int
    unchanged: int


class OfferOut(BaseModel):
    """An offer; `valid_to` is exclusive."""

    offer_id: UUID
    organisation_id: UUID
    organisation_code: str | None
    procedure_code: str
    level: Level
    one_stop: bool
    valid_from: date
    valid_to: date | None
    version: int
