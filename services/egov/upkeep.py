"""What becomes true by the calendar alone: a supplement that never came closes its dossier, 15 days after the notice."""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError

from libs.common.auth.principal import EVERYWHERE, Principal, Reach
from libs.common.clock import now
from libs.common.db.engine import Database
from libs.common.db.work import Origin, UnitOfWork
from libs.common.errors import Unavailable
from libs.common.events.outbox import Waker
from libs.common.settings import Settings
from services.egov.dossiers import closing
from services.egov.settings import EgovSettings

RETRY_SECONDS = 5.0
ACTION = "egov.dossier.close"
NOBODY = Principal("egov-calendar", (), frozenset(), 0.0, 0.0, client_id="egov-calendar")
log = logging.getLogger(__name__)


async def follow_calendar(settings: Settings) -> None:
    """Close what is over at the start and then again and again; an absent database is waited for."""
    egov = settings if isinstance(settings, EgovSettings) else EgovSettings()
    url = settings.database_url.get_secret_value()
    database, waker = Database(url, pool_size=1), Waker(url)
    database.committed = waker.wake
    try:
        while True:
            try:
                await close_forgotten(database, now())
                pause = egov.egov_upkeep_seconds
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError, Unavailable):
                log.warning("forgotten dossiers could not be closed, trying again", exc_info=True)
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)
    finally:
        await waker.close()
        await database.close()


async def close_forgotten(database: Database, at: datetime) -> int:
    """Close every dossier whose time for a supplement is over, each in a unit of work of its own; returns how many."""
    closed = 0
    for dossier_id in await _find(database, at):
        closed += await _close(database, dossier_id, at)
    return closed


async def _find(database: Database, at: datetime) -> list[UUID]:
    db = _unit(database)
    try:
        await db.open()
        return await closing.find(db, at)
    finally:
        await db.close()


async def _close(database: Database, dossier_id: UUID, at: datetime) -> bool:
    db = _unit(database)
    try:
        await db.open()
        done = await closing.close(db, dossier_id, at)
        if done:
            await db.finish()
        return done
    finally:
        await db.close()


def _unit(database: Database) -> UnitOfWork:
    return UnitOfWork(database, Reach((EVERYWHERE,), None), Origin(NOBODY, ACTION, "", None, {}))
