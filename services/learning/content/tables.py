"""Tables of contents and their versions."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text
from sqlmodel import Field

from libs.common.db.columns import Aggregate, Table, id_column, path_column
from libs.common.db.policies import Access

INSTANT = DateTime(timezone=True)


class Content(Aggregate, table=True):
    """One piece of material through all its versions; it is read province-wide while `published_number` names an approved one.

    `organisation_path` is where the organisation stood at the last change, for the change feed; row security asks the tree itself.
    """

    __tablename__ = "content"
    __access__: ClassVar[Access | None] = None  # its policies go through the organisation; the migration writes them

    content_id: UUID = id_column()
    organisation_id: UUID
    published_number: int | None = None
    latest_number: int = 1
    organisation_path: str = path_column()


class ContentVersion(Table, table=True):
    """One version: free while a draft, frozen by the database from its submission on."""

    __tablename__ = "content_version"
    __access__: ClassVar[Access | None] = None  # as above; an approved version is read by everybody

    content_id: UUID = Field(foreign_key="content.content_id", primary_key=True)
    number: int = Field(primary_key=True)
    organisation_id: UUID
    state: str = "draft"
    title: str
    subject: str
    level: str
    grade: int | None = None
    kind: str
    licence: str
    language: str
    description: str = ""
    file_sha256: str | None = None
    file_name: str | None = None
    file_media: str | None = None
    file_bytes: int | None = None
    author: str
    submitted_at: datetime | None = Field(default=None, sa_type=INSTANT)
    decided_at: datetime | None = Field(default=None, sa_type=INSTANT)
    decided_by: str | None = None
    reasons: list[str] = Field(default=[], sa_type=ARRAY(Text))
    ended_at: datetime | None = Field(default=None, sa_type=INSTANT)
    end_reason: str | None = None
