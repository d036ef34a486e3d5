"""The registry worker's job that takes received files to their end, one at a time; several workers share the queue."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from libs.common.events.connections import GONE
from libs.common.settings import Settings
from services.registry.imports.plan import Connection
from services.registry.imports.processor import EVERYWHERE, OPEN, WORKER, Processor
from services.registry.imports.settings import ImportSettings

log = logging.getLogger(__name__)
SESSION: Final = {
    "application_name": "registry imports",
    "jit": "off",
    "TimeZone": "UTC",
    "statement_timeout": "600000",
    # Staging lives in temporary tables; 200,000 rows fit.
    "temp_buffers": "256MB",
}
WAITING: Final = "SELECT import_id FROM import_run WHERE finished_at IS NULL ORDER BY created_at LIMIT 50"
LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('import:' || $1::uuid::text, 0))"
UNLOCK: Final = "SELECT pg_advisory_unlock(hashtextextended('import:' || $1::uuid::text, 0))"
MAX_PAUSE_SECONDS: Final = 30.0


async def run(settings: Settings) -> None:
    """Work until cancelled. A lost server is waited for; a run that breaks is tried again, and put aside after too many tries."""
    limits = ImportSettings()
    pause = limits.poll.total_seconds()
    while True:
        try:
            worked = await work_once(settings.database_url.get_secret_value(), limits)
            pause = limits.poll.total_seconds()
            if worked:
                continue
        except GONE:
            pause = min(pause * 2, MAX_PAUSE_SECONDS)
            log.info("imports wait %.1f s for the database", pause)
        await asyncio.sleep(pause)


async def work_once(url: str, limits: ImportSettings) -> int:
    """Take every waiting run that nobody holds to its end; returns how many that were."""
    side = await asyncpg.connect(url, server_settings=SESSION)
    try:
        done = 0
        for import_id in await _waiting(side):
            done += await _work(url, side, import_id, limits)
        return done
    finally:
        side.terminate()


async def _waiting(side: Connection) -> Sequence[UUID]:
    async with side.transaction():
        await side.execute(OPEN, EVERYWHERE, WORKER)
        return [row["import_id"] for row in await side.fetch(WAITING)]


async def _work(url: str, side: Connection, import_id: UUID, limits: ImportSettings) -> bool:
    """Process one run unless another worker holds it; the lock lives and dies with the working connection."""
    work = await asyncpg.connect(url, server_settings=SESSION)
    try:
        if not await work.fetchval(LOCK, import_id):
            return False
        await Processor(work, side, limits).process(import_id)
        await work.fetchval(UNLOCK, import_id)
    except GONE:
        raise
    except Exception:
        # One run that breaks must not hold up the others; it is tried again, and put aside as failed after too many attempts.
        log.exception("import %s broke", import_id)
        return False
    else:
        return True
    finally:
        work.terminate()
