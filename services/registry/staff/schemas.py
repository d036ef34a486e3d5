"""Bodies and answers of staff, posts and certificates."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.fields import Code, Day, Input, Title
from services.registry.people.schemas import IdentifierOut, PersonBody, PersonChange, PersonOut
from services.registry.staff.rules import Degree, StaffRole

Subject = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=60, examples=["informatics"])]


class PostBody(Input):
    """A post at an organisation."""

    organisation_code: Code
    role: StaffRole
    subject: Subject | None = None
    degree: Degree | None = None
    uses_it: bool = False
    makes_elearning: bool = False
    started_on: Day | None = Field(default=None, description="first day; today when absent")
    ended_on: Day | None = Field(default=None, description="first day on which the post is no longer held")


class CertificateBody(Input):
    """A certificate."""

    kind: Literal["it", "language", "pedagogy", "other"]
    name: Title
    issued_on: Day


class StaffCreate(PersonBody):
    """A new staff member with the first post."""

    post: PostBody
    certificates: list[CertificateBody] = Field(default=[], max_length=20)


class StaffChange(PersonChange):
    """A change of the person, of the main role, or the end of all posts; what is absent stays."""

    role: StaffRole | None = None
    left_on: Day | None = Field(default=None, description="ends every open post on that day (exclusive)")


class PostOut(BaseModel):
    """A post; `valid_to` is exclusive."""

    post_id: UUID
    organisation_id: UUID
    role: StaffRole
    subject: str | None
    degree: Degree | None
    uses_it: bool
    makes_elearning: bool
    valid_from: date
    valid_to: date | None


class CertificateOut(BaseModel):
    """A certificate."""

    kind: str
    name: str
    issued_on: date


class StaffOut(PersonOut):
    """A staff member with posts and certificates."""

    staff_id: UUID
    ministry_code: str | None
    identifiers: list[IdentifierOut]
    school_id: UUID
    school_code: str | None
    role: StaffRole
    posts: list[PostOut]
    certificates: list[CertificateOut]
    version: int
    created_at: datetime
    updated_at: datetime


class StaffListed(BaseModel):
    """A staff member in a list."""

    staff_id: UUID
    person_id: UUID
    full_name: str
    ministry_code: str | None
    school_id: UUID
    role: StaffRole
    version: int
