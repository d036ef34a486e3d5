"""Bodies and answers about wear."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from libs.common.clock import today
from services.assets.fields import Code, Input, Year
from services.assets.wear.rules import Rule, Standing


class RuleSetRef(BaseModel):
    """Which version of which rule set made a result."""

    id: str
    version: int


class Step(BaseModel):
    """One year of one piece: the amount, the rule that made it, and where it leads; money in whole đồng."""

    year: int
    regime: str
    rule: Rule
    cost: int
    wear: int
    accumulated: int
    remaining: int
    years_left: int
    why_vi: str
    why_en: str


class AssetWearOut(BaseModel):
    """The wear of one asset until the year of a day: steps for one piece, sums for all its pieces."""

    asset_id: UUID
    as_of: date
    year: int
    quantity: int
    wear_class: str | None
    standing: Standing
    standing_vi: str
    standing_en: str
    rule_set: RuleSetRef
    wear: int = Field(description="of the whole year, all pieces")
    accumulated: int = Field(description="at the end of the year, all pieces")
    remaining: int
    steps: list[Step]


class ClassWearOut(BaseModel):
    """The wear of one class in a year; `wear_class` is null where nothing tells how the asset wears."""

    wear_class: str | None
    standing: Standing
    assets: int
    pieces: int
    wear: int
    accumulated: int
    remaining: int


class YearWearOut(BaseModel):
    """A year's wear of everything that an organisation and all under it hold on 31 December."""

    organisation: str
    year: int
    provisional: bool = Field(description="the year's December has not begun: holdings may still change")
    rule_set: RuleSetRef
    assets: int
    wear: int
    accumulated: int
    remaining: int
    classes: list[ClassWearOut]


class YearWearQuery(BaseModel):
    """Of whom, and which year."""

    model_config = ConfigDict(extra="forbid")

    organisation: Annotated[str, Field(min_length=1, max_length=100)]
    year: Year = Field(default_factory=lambda: today().year)


class WearRunCreate(Input):
    """Book the wear of a year for all assets of an organisation and everything under it."""

    organisation_code: Code
    year: Year


class WearRunOut(BaseModel):
    """A run; of several runs of a year the newest one counts."""

    run_id: UUID
    organisation_id: UUID
    organisation_code: str | None
    year: int
    rule_set: RuleSetRef
    provisional: bool
    assets: int
    wearing: int
    wear: int
    accumulated: int
    remaining: int
    created_at: datetime


class StretchOut(BaseModel):
    """A step as a run keeps it, for one piece: from `first_year` on `amount` a year, and the rest in the last year of the life."""

    first_year: int
    regime: str
    rule: Rule
    cost: int
    before: int = Field(description="accumulated when the stretch began")
    amount: int
    last_year: int


class WearResultOut(BaseModel):
    """What a run booked for one asset, and why: the steps of one piece."""

    asset_id: UUID
    organisation_code: str | None
    asset_code: str | None
    quantity: int
    wear: int
    accumulated: int
    remaining: int
    standing: Standing
    steps: list[StretchOut]
