"""Tables of assets."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Aggregate, Table, id_column, path_column
from libs.common.db.policies import Access


class Asset(Aggregate, table=True):
    """A room, a line, or `quantity` like devices of one organisation during [valid_from, valid_to); natural key (organisation, code)."""

    __tablename__ = "asset"
    __access__: ClassVar[Access | None] = Access()

    asset_id: UUID = id_column()
    organisation_id: UUID
    asset_code: str
    kind: str
    class_code: str
    name: str | None = None
    quantity: int = 1
    provider: str | None = None
    level: str | None = None
    online: bool | None = None
    cost: int | None = Field(default=None, sa_type=BigInteger)
    first_used_on: date | None = None
    second_hand_years: int = 0
    opening_year: int | None = None
    opening_accumulated: int | None = Field(default=None, sa_type=BigInteger)
    wear_class: str | None = None
    no_wear: str | None = None
    valid_from: date
    valid_to: date | None = None
    organisation_path: str = path_column()


class AssetCostChange(Table, table=True):
    """Why the cost of an asset changed, with before and after; the law knows five reasons."""

    __tablename__ = "asset_cost_change"
    __access__: ClassVar[Access | None] = Access()

    asset_id: UUID = Field(primary_key=True, foreign_key="asset.asset_id")
    changed_on: date = Field(primary_key=True)
    reason: str
    cost_before: int = Field(sa_type=BigInteger)
    cost_after: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)
    organisation_path: str = path_column()
