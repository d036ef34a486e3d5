"""Events about transfers: what a decided dossier asks for, and what came of it."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from libs.common.events.catalogue import Event
from libs.common.events.topics import REGISTRY_TRANSFER, Topic

DECIDED = "vn.lienthong.egov.transfer.decided.v1"


class TransferDecided(BaseModel):
    """What the registry needs of the event that e-government publishes; further fields are none of its business."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    dossier_id: str
    learner_id: UUID
    from_school_code: str
    to_school_code: str
    effective_date: date
    grade: int | None = None
    class_id: UUID | None = None


class TransferEvent(Event):
    """What both outcomes carry."""

    TOPIC: ClassVar[Topic] = REGISTRY_TRANSFER

    dossier_id: str
    learner_id: UUID
    from_school_code: str
    to_school_code: str
    effective_date: date

    @property
    def key(self) -> str:
        """The dossier's id."""
        return self.dossier_id

    @property
    def sequence(self) -> int:
        """A dossier has one outcome."""
        return 1


class TransferExecuted(TransferEvent):
    """The learner is in the new school from the effective date on."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.transfer.executed.v1"

    enrolment_id: UUID


class TransferRefused(TransferEvent):
    """Nothing was moved; `reason` is a code the dossier's desk can act upon."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.transfer.refused.v1"

    reason: str
