"""Bodies and answers about norms and the need for computers."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.common.clock import today
from libs.common.rounding import Rounding
from libs.common.validation import FieldRuleError
from services.assets.fields import Day, Input, Level, Title

NormKey = Literal["learners_per_computer"]
Certainty = Literal["high", "medium", "low"]
FOR_WHO_SEES_PEOPLE = "null without registry.learner.read for the whole organisation asked for"


class NormBody(Input):
    """A norm from a day on; an earlier one ends where a later one begins."""

    value: Annotated[int, Field(ge=1, le=10_000)]
    valid_to: Day | None = Field(default=None, description="first day on which it no longer holds")
    legal_basis: Title
    certainty: Certainty = "high"


class NormOut(BaseModel):
    """A dated norm."""

    norm_id: UUID
    key: NormKey
    level: Level
    value: int
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: Certainty
    version: int


class NormUsed(BaseModel):
    """The norm that was applied: learners for each computer."""

    value: int
    valid_from: date
    legal_basis: str
    certainty: Certainty


class LevelNeedOut(BaseModel):
    """The need of one level; `needed` and `missing` are null where no norm holds on the day, or where they would tell of few learners."""

    level: Level
    learners: int | None = Field(description=FOR_WHO_SEES_PEOPLE)
    norm: NormUsed | None
    needed: int | None
    present: int
    missing: int | None


class TotalOut(BaseModel):
    """The sums of the levels that have a norm; `present` of all levels. `needed` and `missing` are null where a level's are kept back."""

    learners: int | None = Field(description=FOR_WHO_SEES_PEOPLE)
    needed: int | None
    present: int
    missing: int | None


class NeedByRounding(BaseModel):
    """The need under one way of rounding, applied for each school and level before adding."""

    rounding: Rounding
    levels: list[LevelNeedOut]
    total: TotalOut


class NeedOut(NeedByRounding):
    """The need for computers of an organisation and everything under it; `compared` holds the other roundings that were asked for."""

    organisation: str
    organisation_id: UUID
    as_of: date
    schools: int = Field(description="schools that have learners or computers on the day")
    present_without_level: int = Field(description="computers for teaching that no level claims; they count nowhere else")
    compared: list[NeedByRounding]


class NeedQuery(BaseModel):
    """Of whom, when, and how rounded; give `rounding` several times to see them side by side."""

    model_config = ConfigDict(extra="forbid")

    organisation: Annotated[str, Field(min_length=1, max_length=100, description="code of a school or of any organisation above")]
    as_of: date = Field(default_factory=today)
    rounding: list[Rounding] = Field(default=[Rounding.UP], min_length=1, max_length=3)

    @model_validator(mode="after")
    def _each_once(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if len(set(self.rounding)) < len(self.rounding):
            raise FieldRuleError("repeated", "Mỗi cách làm tròn chỉ nêu một lần.", "Name each rounding once.")
        return self
