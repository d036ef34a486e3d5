"""Events of learners: ids and what changed, never a name."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from libs.common.events.catalogue import Event
from libs.common.events.topics import REGISTRY_LEARNER, Topic


class Spell(BaseModel):
    """One spell of enrolment as it is after the change; `valid_to` is exclusive."""

    model_config = ConfigDict(frozen=True)
    enrolment_id: UUID
    school_id: UUID
    class_id: UUID | None
    school_year: str
    grade: int | None
    level: str
    studies_informatics: bool
    valid_from: date
    valid_to: date | None


class LearnerEvent(Event):
    """What all events of a learner carry: the spells that changed, whole."""

    TOPIC: ClassVar[Topic] = REGISTRY_LEARNER

    learner_id: UUID
    birth_year: int
    sex: int
    enrolments: list[Spell]
    version: int

    @property
    def key(self) -> str:
        """The learner's id."""
        return str(self.learner_id)

    @property
    def sequence(self) -> int:
        """The learner's version."""
        return self.version


class LearnerRegistered(LearnerEvent):
    """A learner is in the registry."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.learner.registered.v1"


class LearnerChanged(LearnerEvent):
    """The person or the current spell was changed."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.learner.changed.v1"


class LearnerEnrolled(LearnerEvent):
    """A further spell began."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.learner.enrolled.v1"


class LearnerLeft(LearnerEvent):
    """The current spell ended."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.learner.left.v1"


class LearnerTransferred(LearnerEvent):
    """The learner moved to another school: the old spell ended the day before the new one began."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.learner.transferred.v1"

    dossier_id: str | None = None
    from_school_id: UUID
    to_school_id: UUID
