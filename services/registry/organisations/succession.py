"""The end of an organisation with everything that it means: learners and staff go on in the one school that takes its place."""

from datetime import date
from uuid import UUID

from libs.common.clock import today
from libs.common.db.write import WriteSession
from services.registry.learners import moves
from services.registry.organisations import service
from services.registry.organisations.schemas import OrganisationClose, OrganisationMerge
from services.registry.organisations.tables import Organisation
from services.registry.staff import moves as posts


async def merge(db: WriteSession, organisation_id: UUID, body: OrganisationMerge) -> None:
    """Merge an organisation into another one, learners and staff included."""
    successor_id = await service.merge(db, organisation_id, body)
    await _carry_over(db, organisation_id, successor_id, body.change_date)


async def close(db: WriteSession, organisation_id: UUID, body: OrganisationClose) -> None:
    """End an organisation. One successor takes its learners; where several do, each learner's new school is decided one by one."""
    successors = await service.close(db, organisation_id, body)
    if len(successors) == 1:
        await _carry_over(db, organisation_id, successors[0], body.change_date)


async def _carry_over(db: WriteSession, organisation_id: UUID, successor_id: UUID, on: date) -> None:
    successor = await db.session.get(Organisation, successor_id)
    if successor is not None:
        for event in await moves.merge_schools(db, organisation_id, (successor_id, successor.organisation_path), on):
            db.record(event)
        for change in await posts.merge_schools(db, organisation_id, successor_id, on, today()):
            db.record(change)
