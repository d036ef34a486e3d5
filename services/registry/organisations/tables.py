"""Tables of organisations: the aggregate root, its dated versions, and who took whose place."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Aggregate, Table, id_column, path_column
from libs.common.db.policies import Access


class Organisation(Aggregate, table=True):
    """The aggregate root; its path is where it stands today, under its successor once it is merged, so that access moves with it."""

    __tablename__ = "organisation"
    __access__: ClassVar[Access | None] = Access()

    organisation_id: UUID = id_column()
    organisation_path: str = path_column()
    closed_on: date | None = None


class OrganisationVersion(Table, table=True):
    """What was true during `[valid_from, valid_to)`; a version is cut where the place of an ancestor changes."""

    __tablename__ = "organisation_version"
    __access__: ClassVar[Access | None] = Access()

    organisation_id: UUID = Field(primary_key=True, foreign_key="organisation.organisation_id")
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    code: str
    name: str
    kind: str
    parent_id: UUID | None = None
    levels: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    school_type: str | None = None
    administrative_unit_code: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    legal_basis: str | None = None
    path: str = path_column()
    organisation_path: str = path_column()


class OrganisationSuccessor(Table, table=True):
    """One organisation takes the place of another from a day on."""

    __tablename__ = "organisation_successor"
    __access__: ClassVar[Access | None] = Access()

    predecessor_id: UUID = Field(primary_key=True, foreign_key="organisation.organisation_id")
    successor_id: UUID = Field(primary_key=True, foreign_key="organisation.organisation_id")
    change_date: date
    kind: str
    organisation_path: str = path_column()
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
