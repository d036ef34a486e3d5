"""Links of the tree: who stands under whom on a day, and who took whose place."""

from datetime import date
from uuid import UUID

from libs.common.db.write import WriteSession
from services.registry.organisations.events import Successor
from services.registry.organisations.tree import Session

CHILDREN = """
SELECT DISTINCT organisation_id FROM organisation_version
WHERE parent_id = $1 AND (valid_to IS NULL OR valid_to > $2) ORDER BY organisation_id"""
ADD = """
INSERT INTO organisation_successor (predecessor_id, successor_id, change_date, kind, organisation_path)
SELECT organisation_id, $2, $3, $4, organisation_path FROM organisation WHERE organisation_id = $1"""
SUCCESSORS = (
    "SELECT successor_id, change_date, kind FROM organisation_successor WHERE predecessor_id = $1 ORDER BY change_date, successor_id"
)


async def children(db: Session, organisation_id: UUID, on: date) -> list[UUID]:
    """Return what stands under the organisation on that day or later."""
    return [row["organisation_id"] for row in await db.connection.fetch(CHILDREN, organisation_id, on)]


async def add(db: WriteSession, predecessor_id: UUID, successor_id: UUID, change_date: date, kind: str) -> None:
    """Note that one organisation takes the place of another from that day on."""
    await db.connection.execute(ADD, predecessor_id, successor_id, change_date, kind)


async def successors(db: Session, organisation_id: UUID) -> list[Successor]:
    """Return who took the organisation's place."""
    rows = await db.connection.fetch(SUCCESSORS, organisation_id)
    return [Successor(organisation_id=row["successor_id"], change_date=row["change_date"], kind=row["kind"]) for row in rows]
