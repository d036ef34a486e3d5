"""Forgetting: what the issuer has no more use for is deleted once an hour by the worker."""

import asyncio
import logging

from sqlalchemy.exc import DBAPIError

from libs.common.db.engine import Database
from libs.common.errors import Problem
from libs.common.settings import Settings
from services.identity.system import system_unit

EVERY_SECONDS = 3600.0
# Used codes and refresh tokens stay as long as their session, so that a second use is recognised; sessions stay a month for those who ask
# where an account was signed in; keys stay a year, so that an old ID token still names its session at logout.
FORGOTTEN = (
    "DELETE FROM login_attempt WHERE expires_at < now()",
    "DELETE FROM login_failure WHERE failed_at < now() - interval '12 hours'",
    "DELETE FROM login_session WHERE coalesce(ended_at, expires_at) < now() - interval '30 days'",
    "DELETE FROM signing_key WHERE signs_from < now() - interval '365 days'",
)
log = logging.getLogger(__name__)


async def forget(database: Database) -> None:
    """Delete what is over, in one transaction."""
    async with system_unit(database, "upkeep", "identity.session.forget") as db:
        for statement in FORGOTTEN:
            await db.connection.execute(statement)


async def keep_forgetting(settings: Settings) -> None:
    """Forget once an hour, for ever; a database that is away is asked again an hour later."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        while True:
            try:
                await forget(database)
            except (DBAPIError, OSError, Problem):
                log.warning("the database is away, nothing was forgotten")
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        await database.close()
