"""What tables share: the registry of metadata, the path that row security reads, versions and instants."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, func
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

from libs.common.clock import now
from libs.common.db.policies import Access
from libs.common.ids import new_id


class Ltree(UserDefinedType[str]):
    """PostgreSQL's ltree; in Python the dotted text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's SQL name."""
        return "ltree"

    def bind_expression(self, bindvalue: Any) -> Any:
        """Send text and let the server read it as ltree."""
        return func.text2ltree(bindvalue, type_=self)


class Table(SQLModel):
    """Base of every table class; `__access__` declares its row security."""

    __access__: ClassVar[Access | None] = None


class Aggregate(Table):
    """A table whose rows are changed one version at a time."""

    version: int = Field(default=1, nullable=False)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)

    def touch(self) -> None:
        """Make the next version; to be called once by each change, after `db.lock`."""
        self.version += 1
        self.updated_at = now()


def path_column() -> Any:
    """Return the column that row security compares with the caller's scope."""
    return Field(sa_type=Ltree, nullable=False)


def id_column() -> Any:
    """Return a primary key column filled with a UUIDv7."""
    return Field(default_factory=new_id, primary_key=True)


def label(organisation_id: UUID) -> str:
    """Return the ltree label of an organisation: its id without dashes."""
    return organisation_id.hex
