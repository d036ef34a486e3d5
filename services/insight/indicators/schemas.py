"""What the routes of indicators answer."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from libs.common.clock import today
from libs.common.rounding import Rounding
from services.insight.indicators.rules import State

Level = Literal["preschool", "primary", "lower_secondary", "upper_secondary", "continuing"]
CODE_LENGTH = 100


class KindOut(BaseModel):
    """A kind of record behind an indicator."""

    key: str
    label: str
    label_en: str


class IndicatorOut(BaseModel):
    """One indicator of the catalogue; `computable` is false while no service keeps the records it needs."""

    key: str
    label: str
    label_en: str
    unit: str
    sources: list[KindOut]
    share_of: list[str] | None
    ratio_of: list[str] | None
    aliases: list[str]
    reading: str | None = Field(description="How a definition was read where plans leave it open.")
    reading_en: str | None
    computable: bool


class IndicatorsOut(BaseModel):
    """The catalogue of indicators."""

    items: list[IndicatorOut]


class CoverageOut(BaseModel):
    """How many of the schools in scope have records of every kind behind the figure."""

    with_records: int
    schools: int


class FigureOut(BaseModel):
    """One figure: `value` is null unless measured, and `reason` then says why; of a share, `value` is in percent.

    A small count of people is `suppressed` for callers who may not see people, and so is what would give one away.
    """

    key: str
    label: str
    label_en: str
    unit: str
    level: str | None
    value: int | float | None
    numerator: int | None
    denominator: int | None
    state: State
    reason: str | None
    reason_en: str | None
    coverage: CoverageOut


class FiguresOut(BaseModel):
    """The figures of one organisation as of a day."""

    organisation: str
    as_of: date
    items: list[FigureOut]


class RecordOut(BaseModel):
    """One organisation's contribution; contributions of all pages add up to the figure (numerator and denominator of a share)."""

    organisation: str
    name: str
    kind: str
    contribution: int
    denominator: int | None


class RecordsOut(BaseModel):
    """The organisations behind a figure, by code, and the figure itself.

    `suppressed`: how many are left out, because their number of people is too small to be told to the caller or would give one away.
    """

    figure: FigureOut
    as_of: date
    items: list[RecordOut]
    suppressed: int
    next: str | None


class Scope(BaseModel):
    """Which organisation, and as of which day (today in Viet Nam unless given)."""

    model_config = ConfigDict(extra="forbid")
    organisation: str = Field(min_length=1, max_length=CODE_LENGTH, description="Code of the organisation; everything under it is counted.")
    as_of: date = Field(default_factory=today)


class FigureQuery(Scope):
    """Which figures: all indicators unless `key` is given, all levels together unless `level` is."""

    level: Level | None = None
    key: list[str] = Field(default_factory=list, max_length=100)
    rounding: Rounding | None = Field(default=None, description="How needs are rounded; as the norms say unless given.")


class RecordQuery(Scope):
    """Which page of the organisations behind a figure."""

    level: Level | None = None
    rounding: Rounding | None = None
    limit: int = Field(default=50, ge=1, le=500)
    cursor: str | None = Field(default=None, max_length=1000)


class RoundedOut(BaseModel):
    """A need rounded in one way."""

    needed: int | None
    missing: int | None


class NeedOut(BaseModel):
    """The computers that a level needs (`level` null: all levels together); each value is null where it is not measured or suppressed."""

    level: str | None
    learners: int | None
    learners_per_computer: float | None
    legal_basis: str | None = Field(description="Of the level's norm, which the assets service tells.")
    certainty: str | None
    present: int | None
    needed: int | None
    missing: int | None
    by_rounding: dict[Rounding, RoundedOut]


class NeedsOut(BaseModel):
    """The computers that an organisation needs as of a day, level by level, and what other ways of rounding would give."""

    organisation: str
    as_of: date
    rounding: Rounding
    items: list[NeedOut]


class NeedQuery(Scope):
    """Whose need, and how it is rounded: as the norms say unless given."""

    rounding: Rounding | None = None
