"""What becomes true by the calendar alone: versions of organisations, spells and posts that were recorded ahead."""

import asyncio
import logging
from datetime import date

import asyncpg

from libs.common.clock import today
from libs.common.events.session import WorkerSession
from libs.common.settings import Settings
from services.registry.learners import moves
from services.registry.organisations import service as organisations
from services.registry.settings import RegistrySettings
from services.registry.staff import moves as posts

RETRY_SECONDS = 5.0
log = logging.getLogger(__name__)


async def follow_calendar(settings: Settings) -> None:
    """Bring everything up to the present day at the start and then again and again; an absent database is waited for."""
    registry = settings if isinstance(settings, RegistrySettings) else RegistrySettings()
    while True:
        try:
            await bring_up_to_date(settings.database_url.get_secret_value())
            pause = registry.registry_refresh_seconds
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            log.warning("the tree of today could not be brought up to date, trying again", exc_info=True)
            pause = RETRY_SECONDS
        await asyncio.sleep(pause)


async def bring_up_to_date(url: str, on: date | None = None) -> None:
    """Do it once, for today unless another day is given, in one transaction over the whole platform's rows."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            session = WorkerSession(connection, "registry-calendar")
            await session.open()
            await organisations.refresh_current(session, on)
            await moves.settle_due(session, on or today())
            await posts.settle_due(session, on or today())
    finally:
        await connection.close()
