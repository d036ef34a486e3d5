"""Bodies and answers of document counts."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from libs.common.validation import FieldRuleError
from services.egov.bulk import MOST_ROWS
from services.egov.fields import Day, Input, OrganisationCode

Count = Annotated[int, Field(ge=0, le=100_000_000)]


class CountPut(Input):
    """Documents of an organisation in a period; both days are included."""

    organisation_code: OrganisationCode
    period_start: Day
    period_end: Day
    incoming: Count
    incoming_scanned: Count = 0
    outgoing: Count
    outgoing_scanned: Count = 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if self.period_end < self.period_start:
            raise FieldRuleError("order", "Ngày cuối phải sau ngày đầu.", "The last day must not come before the first one.")
        if self.incoming_scanned > self.incoming or self.outgoing_scanned > self.outgoing:
            raise FieldRuleError("more_scanned", "Số quét không thể lớn hơn tổng số.", "No more can be scanned than there are.")
        return self


class CountsPut(Input):
    """Many counts at once: all are written, or none."""

    items: Annotated[list[CountPut], Field(min_length=1, max_length=MOST_ROWS)]


class CountsOut(BaseModel):
    """What a bulk load did."""

    created: int
    changed: int
    unchanged: int


class CountOut(BaseModel):
    """Documents of an organisation in a period; `period_end` is the last day."""

    count_id: UUID
    organisation_id: UUID
    organisation_code: str | None
    period_start: date
    period_end: date
    incoming: int
    incoming_scanned: int
    outgoing: int
    outgoing_scanned: int
    version: int
