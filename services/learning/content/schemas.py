"""Bodies and answers of contents."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.learning.content.rules import ContentKind, Licence, State
from services.learning.curriculum.rules import Level
from services.learning.fields import Code, Grade, Input, Sentence, Subject, Text, Title

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", examples=["vi", "hmn"], description="ISO 639 code")]


class ContentCreate(Input):
    """A new draft of an organisation; its file follows."""

    organisation_code: Code
    title: Title
    subject: Subject
    level: Level
    grade: Grade | None = None
    kind: ContentKind
    licence: Licence
    language: Language = "vi"
    description: Text = ""


class ContentChange(Input):
    """A change of a draft, or what a new version has different; what is absent stays."""

    title: Title | None = None
    subject: Subject | None = None
    level: Level | None = None
    grade: Grade | None = None
    kind: ContentKind | None = None
    licence: Licence | None = None
    language: Language | None = None
    description: Text | None = None


class ContentReturn(Input):
    """Why a version goes back to its author."""

    reasons: list[Sentence] = Field(min_length=1, max_length=20)


class ContentWithdraw(Input):
    """Why a content is taken away."""

    reason: Sentence


class FileOut(BaseModel):
    """The file of a version; `path` is where it is downloaded."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    path: str


class PublishedOut(BaseModel):
    """An approved version, as the whole province reads it."""

    content_id: UUID
    number: int
    organisation_id: UUID
    organisation_code: str | None
    title: str
    subject: str
    level: Level
    grade: int | None
    kind: ContentKind
    licence: Licence
    language: str
    description: str
    file: FileOut | None
    approved_at: datetime
    version: int


class VersionOut(BaseModel):
    """One version in any state, as the organisation that works on it reads it."""

    content_id: UUID
    number: int
    organisation_id: UUID
    organisation_code: str | None
    state: State
    title: str
    subject: str
    level: Level
    grade: int | None
    kind: ContentKind
    licence: Licence
    language: str
    description: str
    file: FileOut | None
    author: str = Field(description="account or client that wrote the version")
    mine: bool = Field(description="whether the caller wrote it: nobody reviews what they wrote")
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    reasons: list[str] = Field(description="why it was returned")
    ended_at: datetime | None
    end_reason: str | None
    published_number: int | None = Field(description="the version that the province reads now")
    latest_number: int
    version: int
    created_at: datetime
    updated_at: datetime
