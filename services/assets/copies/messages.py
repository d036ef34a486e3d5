"""What the service reads of the registry's events about learners; whatever else they carry is none of its business."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

LEARNER_TYPES = frozenset(
    "vn.lienthong.registry.learner." + verb + ".v1" for verb in ("registered", "changed", "enrolled", "left", "transferred")
)


class SpellPart(BaseModel):
    """One enrolment spell; `valid_to` is exclusive."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enrolment_id: UUID
    school_id: UUID
    level: str
    valid_from: date
    valid_to: date | None


class LearnerMessage(BaseModel):
    """The spells of a learner that changed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enrolments: list[SpellPart] = []
