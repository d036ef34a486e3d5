"""The rows of offers as statements read and write them; columns, constraints and policies stand in the migration."""

from datetime import date
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from libs.common.db.columns import Table


class ProcedureOffer(Table):
    """An organisation offers a procedure during `[valid_from, valid_to)`; natural key (organisation, procedure, first day)."""

    __tablename__: ClassVar[str] = "procedure_offer"

    offer_id: UUID
    organisation_id: UUID
    procedure_code: str
    level: str
    one_stop: bool
    valid_from: date
    valid_to: date | None
    organisation_path: str
    version: int


def offer_id(organisation_id: UUID, procedure_code: str, valid_from: date) -> UUID:
    """Return the id that the natural key makes."""
    return uuid5(NAMESPACE_URL, f"lienthong:offer:{organisation_id}:{procedure_code}:{valid_from}")
