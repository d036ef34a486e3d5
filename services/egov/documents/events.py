"""Events of document counts."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import EGOV_DOCUMENT, Topic


class DocumentsCounted(Event):
    """The documents of an organisation in a period, whole each time; `period_end` is the last day."""

    TYPE: ClassVar[str] = "vn.lienthong.egov.document.counted.v1"
    TOPIC: ClassVar[Topic] = EGOV_DOCUMENT

    count_id: UUID
    organisation_id: UUID
    period_start: date
    period_end: date
    incoming: int
    incoming_scanned: int
    outgoing: int
    outgoing_scanned: int
    version: int

    @property
    def key(self) -> str:
        """The count's id: one for organisation and period."""
        return str(self.count_id)

    @property
    def sequence(self) -> int:
        """The count's version."""
        return self.version
