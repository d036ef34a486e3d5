"""What insight reads of the other services' events; whatever else they carry is none of its business."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

REGISTRY = "vn.lienthong.registry."
ORGANISATION_TYPES = frozenset({REGISTRY + "organisation.state.v1"})
CLASS_TYPES = frozenset({REGISTRY + "class.opened.v1", REGISTRY + "class.changed.v1"})
SCHOOL_YEAR_TYPES = frozenset({REGISTRY + "school_year.set.v1"})
LEARNER_TYPES = frozenset(REGISTRY + "learner." + verb + ".v1" for verb in ("registered", "changed", "enrolled", "left", "transferred"))
STAFF_TYPES = frozenset(REGISTRY + "staff." + verb + ".v1" for verb in ("registered", "changed", "certified", "left"))
ASSETS, EGOV, LEARNING = "vn.lienthong.assets.", "vn.lienthong.egov.", "vn.lienthong.learning."
ASSET_TYPES = frozenset(ASSETS + "asset." + verb + ".v1" for verb in ("recorded", "changed", "retired"))
NORM_TYPES = frozenset({ASSETS + "norm.set.v1"})
OFFER_TYPES = frozenset({EGOV + "procedure.offered.v1"})
DOCUMENT_TYPES = frozenset({EGOV + "document.counted.v1"})
DOSSIER_TYPES = frozenset(
    EGOV + "dossier." + verb + ".v1"
    for verb in (
        *("drafted", "submitted", "received", "supplement_requested", "supplemented", "postponed", "decided", "refused", "released"),
        *("flagged", "moved", "assigned", "finished"),
    )
)
CONTENT_TYPES = frozenset(
    LEARNING + "content." + verb + ".v1" for verb in ("drafted", "changed", "submitted", "returned", "approved", "withdrawn")
)

# Levels 2-4 of Circular 22/2019/TT-VPCP and before; since Decree 42/2022/NĐ-CP: full (level 4), partial (level 3), information only.
ONLINE_LEVELS = {"1": 1, "2": 2, "3": 3, "4": 4, "full": 4, "partial": 3, "none": 2}


class Part(BaseModel):
    """Base of all: unknown fields are ignored, so that their owners may add some."""

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


class AssetMessage(Part):
    """A room, device or line as it is after the fact; `valid_to` is exclusive."""

    asset_id: UUID
    organisation_id: UUID
    kind: str
    class_code: str
    quantity: int = Field(default=1, ge=0)
    provider: str | None = None
    level: str | None = None
    online: bool | None = None
    first_used_on: date | None = None
    valid_from: date
    valid_to: date | None


class NormMessage(Part):
    """A norm of a level as it is after the fact; `valid_to` is exclusive."""

    norm_id: UUID
    norm: str
    level: str
    value: int = Field(gt=0)
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: str


class OfferMessage(Part):
    """A procedure as an organisation offers it; `valid_to` is exclusive."""

    procedure_code: str
    organisation_id: UUID
    online_level: int = Field(validation_alias="level")
    one_stop: bool
    valid_from: date
    valid_to: date | None

    @field_validator("online_level", mode="before")
    @classmethod
    def on_one_scale(cls, level: object) -> int:
        """Return the level as the older scale has it; raises ValueError for a level that is on neither scale."""
        found = ONLINE_LEVELS.get(str(level))
        if found is None:
            raise ValueError("unknown online level")
        return found


class DocumentMessage(Part):
    """Counts of documents of one period, both days included."""

    organisation_id: UUID
    period_start: date
    period_end: date
    incoming: int
    incoming_scanned: int
    outgoing: int
    outgoing_scanned: int


class DossierMessage(Part):
    """A dossier as it is after the fact; it has no `received_at` until the desk has received it."""

    dossier_id: UUID
    procedure_code: str
    organisation_id: UUID
    online: bool
    full_online: bool
    received_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    on_time: bool | None


class ContentMessage(Part):
    """A content as it stands after the fact."""

    content_id: UUID
    organisation_id: UUID
    subject: str
    level: str
    grade: int | None
    state: str
    approved_at: AwareDatetime | None
