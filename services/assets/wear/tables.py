"""Tables of rule sets and of yearly runs."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Table, id_column, path_column
from libs.common.db.policies import Access


class RuleSetRow(Table, table=True):
    """A version of the rules, never changed; everybody reads it, only the whole platform adds one."""

    __tablename__ = "rule_set"
    __access__: ClassVar[Access | None] = None  # its policies name no organisation; the migration writes them

    rule_set_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_type=JSONB)
    actor: str
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)


class WearRun(Table, table=True):
    """One computation of a year's wear for all assets of an organisation; the newest run of a year is the one that counts."""

    __tablename__ = "wear_run"
    __access__: ClassVar[Access | None] = Access()

    run_id: UUID = id_column()
    organisation_id: UUID
    year: int
    rule_set_id: str
    rule_set_version: int
    provisional: bool
    assets: int = 0
    wearing: int = 0
    wear: int = Field(default=0, sa_type=BigInteger)
    accumulated: int = Field(default=0, sa_type=BigInteger)
    remaining: int = Field(default=0, sa_type=BigInteger)
    actor: str
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)
    organisation_path: str = path_column()


class WearCase(Table, table=True):
    """What like assets of a run share: the engine's steps for one piece."""

    __tablename__ = "wear_case"
    __access__: ClassVar[Access | None] = None  # carries no organisation; it is read through the results that refer to it

    run_id: UUID = Field(primary_key=True, foreign_key="wear_run.run_id")
    case_no: int = Field(primary_key=True)
    standing: str
    steps: list[Any] = Field(sa_type=JSONB)


class WearResult(Table, table=True):
    """What a run booked for one asset: amounts of all its pieces together."""

    __tablename__ = "wear_result"
    __access__: ClassVar[Access | None] = Access()

    run_id: UUID = Field(primary_key=True, foreign_key="wear_run.run_id")
    asset_id: UUID = Field(primary_key=True)
    case_no: int
    quantity: int
    wear: int = Field(sa_type=BigInteger)
    accumulated: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    organisation_path: str = path_column()
