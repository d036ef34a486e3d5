"""Events of offers."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import EGOV_PROCEDURE, Topic


class ProcedureOffered(Event):
    """An organisation offers a procedure at an online level; the whole state each time. `valid_to` is exclusive."""

    TYPE: ClassVar[str] = "vn.lienthong.egov.procedure.offered.v1"
    TOPIC: ClassVar[Topic] = EGOV_PROCEDURE

    offer_id: UUID
    procedure_code: str
    organisation_id: UUID
    level: str
    one_stop: bool
    valid_from: date
    valid_to: date | None
    version: int

    @property
    def key(self) -> str:
        """The offer's id: one for organisation, procedure and first day."""
        return str(self.offer_id)

    @property
    def sequence(self) -> int:
        """The offer's version."""
        return self.version
