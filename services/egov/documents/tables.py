"""The rows of document counts as statements read and write them; columns, constraints and policies stand in the migration."""

from datetime import date
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from libs.common.db.columns import Table


class DocumentCount(Table):
    """How many documents came in and went out in a period, both days included; natural key (organisation, first day, last day)."""

    __tablename__: ClassVar[str] = "document_count"

    count_id: UUID
    organisation_id: UUID
    period_start: date
    period_end: date
    incoming: int
    incoming_scanned: int
    outgoing: int
    outgoing_scanned: int
    organisation_path: str
    version: int


def count_id(organisation_id: UUID, period_start: date, period_end: date) -> UUID:
    """Return the id that the natural key makes."""
    return uuid5(NAMESPACE_URL, f"lienthong:documents:{organisation_id}:{period_start}:{period_end}")
