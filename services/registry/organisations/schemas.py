"""Bodies and answers of organisations."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.fields import Code, Day, Input, OrganisationName, Title
from services.registry.organisations.rules import Level, OrganisationKind, SchoolType

UnitCode = Annotated[str, Field(pattern=r"^[0-9]{2,5}$", description="administrative unit; a code means something only with a date")]


class Attributes(Input):
    """What the plans need to know of an organisation; which fields apply depends on its kind."""

    has_website: bool | None = None
    hard_area: bool | None = Field(default=None, description="in an area of special difficulty")
    boarding: Literal["none", "semi", "full"] | None = None
    national_standard: bool | None = None
    main_site: bool | None = None


class OrganisationBody(Input):
    """What is true of an organisation during a period."""

    name: OrganisationName
    kind: OrganisationKind
    parent_code: Code | None = Field(default=None, description="only a province has none")
    levels: list[Level] = Field(default=[], max_length=5)
    school_type: SchoolType | None = None
    administrative_unit_code: UnitCode | None = None
    attributes: Attributes = Attributes()
    legal_basis: Title | None = None
    valid_from: Day | None = Field(default=None, description="first day; today when absent")
    valid_to: Day | None = Field(default=None, description="exclusive end; open when absent")


class OrganisationCreate(OrganisationBody):
    """A new organisation."""

    code: Code


class OrganisationChange(Input):
    """A change from a day on; what is absent stays."""

    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"code", "name"})

    valid_from: Day | None = Field(default=None, description="first day of the change; today when absent")
    code: Code | None = None
    name: OrganisationName | None = None
    levels: list[Level] | None = Field(default=None, max_length=5)
    school_type: SchoolType | None = None
    administrative_unit_code: UnitCode | None = None
    attributes: Attributes | None = None
    legal_basis: Title | None = None


class OrganisationClose(Input):
    """The end of an organisation, with those that take its place, if any."""

    change_date: Day = Field(description="first day on which it no longer exists")
    successor_codes: list[Code] = Field(default=[], max_length=20)
    legal_basis: Title | None = None


class OrganisationMerge(Input):
    """An organisation goes into another one."""

    into_code: Code
    change_date: Day
    legal_basis: Title | None = None


class OrganisationReparent(Input):
    """An organisation comes under another one."""

    parent_code: Code
    change_date: Day
    legal_basis: Title | None = None


class SuccessorOut(BaseModel):
    """One successor or predecessor link."""

    organisation_id: UUID
    change_date: date
    kind: Literal["merged", "split", "replaced"]


class OrganisationOut(BaseModel):
    """One organisation as of a day."""

    organisation_id: UUID
    code: str
    name: str
    kind: OrganisationKind
    parent_id: UUID | None
    parent_code: str | None
    levels: list[Level]
    school_type: SchoolType | None
    administrative_unit_code: str | None
    attributes: Attributes
    legal_basis: str | None
    valid_from: date
    valid_to: date | None
    closed_on: date | None
    successors: list[SuccessorOut]
    version: int
    created_at: datetime
    updated_at: datetime


class OrganisationVersionOut(BaseModel):
    """One dated version of an organisation."""

    organisation_id: UUID
    code: str
    name: str
    kind: OrganisationKind
    parent_id: UUID | None
    levels: list[Level]
    school_type: SchoolType | None
    administrative_unit_code: str | None
    attributes: Attributes
    legal_basis: str | None
    valid_from: date
    valid_to: date | None
