"""What insight reads of the registry's events; whatever else they carry is none of its business."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

REGISTRY = "vn.lienthong.registry."
ORGANISATION_TYPES = frozenset({REGISTRY + "organisation.state.v1"})
CLASS_TYPES = frozenset({REGISTRY + "class.opened.v1", REGISTRY + "class.changed.v1"})
SCHOOL_YEAR_TYPES = frozenset({REGISTRY + "school_year.set.v1"})
LEARNER_TYPES = frozenset(REGISTRY + "learner." + verb + ".v1" for verb in ("registered", "changed", "enrolled", "left", "transferred"))
STAFF_TYPES = frozenset(REGISTRY + "staff." + verb + ".v1" for verb in ("registered", "changed", "certified", "left"))


class Part(BaseModel):
    """Base of all: unknown fields are ignored, so that the registry may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DatedOrganisation(Part):
    """One dated version of an organisation; `valid_to` is exclusive."""

    code: str
    name: str
    kind: str
    parent_id: UUID | None
    levels: list[str]
    school_type: str | None
    attributes: Mapping[str, Any]
    path: str
    valid_from: date
    valid_to: date | None


class OrganisationMessage(Part):
    """All dated versions of one organisation."""

    organisation_id: UUID
    versions: list[DatedOrganisation] = Field(min_length=1)


class ClassMessage(Part):
    """A class as it is after the fact."""

    class_id: UUID
    school_id: UUID
    school_year: str
    grade: int | None
    level: str
    studies_informatics: bool
    site_id: UUID | None


class SchoolYearMessage(Part):
    """The days of a school year."""

    school_year: str
    starts_on: date
    ends_on: date


class SpellPart(Part):
    """One enrolment spell, whole; `valid_to` is exclusive."""

    enrolment_id: UUID
    school_id: UUID
    class_id: UUID | None
    school_year: str
    grade: int | None
    level: str
    studies_informatics: bool
    valid_from: date
    valid_to: date | None


class LearnerMessage(Part):
    """The spells of a learner that changed; birth year and sex are not kept: no indicator needs them."""

    learner_id: UUID
    enrolments: list[SpellPart] = []


class PostPart(Part):
    """One post; `valid_to` is exclusive."""

    post_id: UUID
    organisation_id: UUID
    role: str
    subject: str | None
    degree: str | None
    uses_it: bool
    makes_elearning: bool
    valid_from: date
    valid_to: date | None


class CertificatePart(Part):
    """One certificate."""

    kind: str
    issued_on: date


class StaffMessage(Part):
    """All posts and certificates of one member of staff."""

    staff_id: UUID
    posts: list[PostPart]
    certificates: list[CertificatePart]
