"""Bodies and answers about assets."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.assets.assets.classes import Kind
from services.assets.fields import AssetCode, Code, Day, Input, Level, Money, Title, Year

Provider = Literal["vnpt", "viettel"]
NoWear = Literal["land_use_right", "special_asset", "broken_beyond_use", "does_not_lose_value"]
CostReason = Literal["national_revaluation", "approved_upgrade", "part_removed", "part_added", "disaster_loss"]
WearClass = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60, examples=["house_3"])]
Quantity = Annotated[int, Field(ge=1, le=100_000)]
SecondHandYears = Annotated[int, Field(ge=0, le=100)]


class AssetBody(Input):
    """What an asset is; a room and a line are one each, like devices may be recorded together."""

    class_code: Annotated[str, Field(max_length=60, examples=["teaching_computer"], description="see GET /assets/v1/classes")]
    name: Title | None = None
    quantity: Quantity = 1
    provider: Provider | None = Field(default=None, description="of a line; null: another or unknown one")
    level: Level | None = Field(default=None, description="the level it serves; null: none in particular")
    online: bool | None = Field(default=None, description="of a device or room: connected to the internet; null: unknown")
    cost: Money | None = Field(
        default=None, description="original cost of one piece in whole đồng; null: not known, so no wear is computed"
    )
    first_used_on: Day | None = Field(default=None, description="null: the day from which it is held")
    second_hand_years: SecondHandYears = Field(default=0, description="whole years it had been used by others before")
    opening_year: Year | None = Field(default=None, description="the year at whose end `opening_accumulated` stood in the books")
    opening_accumulated: Money | None = Field(default=None, description="accumulated wear of one piece, taken over from older books")
    wear_class: WearClass | None = Field(default=None, description="null: as its class says")
    no_wear: NoWear | None = Field(default=None, description="why it does not wear")
    valid_from: Day
    valid_to: Day | None = Field(default=None, description="first day on which it is no longer held")


class AssetCreate(AssetBody):
    """An asset of an organisation."""

    organisation_code: Code
    asset_code: AssetCode


class AssetChange(Input):
    """A change; what is absent stays. A known cost changes only for one of the reasons that the law names."""

    class_code: Annotated[str, Field(max_length=60)] | None = None
    name: Title | None = None
    quantity: Quantity | None = None
    provider: Provider | None = None
    level: Level | None = None
    online: bool | None = None
    cost: Money | None = None
    cost_reason: CostReason | None = None
    cost_changed_on: Day | None = Field(default=None, description="the day of the new cost, today unless given")
    first_used_on: Day | None = None
    second_hand_years: SecondHandYears | None = None
    opening_year: Year | None = None
    opening_accumulated: Money | None = None
    wear_class: WearClass | None = None
    no_wear: NoWear | None = None
    valid_from: Day | None = None


class AssetRetire(Input):
    """From which day on the asset is no longer held."""

    retired_on: Day


class AssetOut(BaseModel):
    """An asset."""

    asset_id: UUID
    organisation_id: UUID
    organisation_code: str | None
    asset_code: str
    kind: Kind
    class_code: str
    name: str | None
    quantity: int
    provider: Provider | None
    level: Level | None
    online: bool | None
    cost: int | None
    first_used_on: date | None
    second_hand_years: int
    opening_year: int | None
    opening_accumulated: int | None
    wear_class: str | None
    no_wear: NoWear | None
    valid_from: date
    valid_to: date | None
    version: int
    created_at: datetime
    updated_at: datetime


class AssetClassOut(BaseModel):
    """A class of assets."""

    code: str
    kind: Kind
    vi: str
    en: str
    wear: str | None
    meets: str | None


class AssetClassesOut(BaseModel):
    """Every class of assets."""

    items: list[AssetClassOut]
