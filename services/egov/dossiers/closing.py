"""Closing dossiers whose applicants let the time for a supplement pass (118/2025/NĐ-CP art. 19.5); no refusal on the merits."""

from datetime import datetime
from uuid import UUID

from libs.common.db.work import UnitOfWork
from services.egov.dossiers import progress, reasons, store
from services.egov.dossiers.progress import Doing
from services.egov.dossiers.reasons import Chosen
from services.egov.dossiers.rules import Action, Side
from services.egov.procedures import service as procedures

REASON = "DH01"
MOST = 1000


async def find(db: UnitOfWork, at: datetime) -> list[UUID]:
    """Return the dossiers that are to be closed at that instant."""
    return await store.forgotten(db.connection, at, MOST)


async def close(db: UnitOfWork, dossier_id: UUID, at: datetime) -> bool:
    """Close one dossier; False when it has moved on meanwhile."""
    held = await store.load(db.connection, dossier_id)
    if held is None:
        return False
    dossier = held.dossier
    due = dossier.step_due_at
    if progress.target(dossier, Action.CLOSE) is None or due is None or due >= at:
        return False
    name = dossier.code or str(dossier.dossier_id)
    values = {"ngay": f"{procedures.local_day(due):%d/%m/%Y}", "ma_ho_so": name}
    told = {"reasons": reasons.render([Chosen(REASON, {})], values), "notice": progress.notice(dossier)}
    step, event = progress.advance(dossier, Doing(Action.CLOSE, Side.CALENDAR, db.principal.actor, at, told))
    await store.save(db.connection, dossier, step)
    db.record(event, dossier)
    return True
