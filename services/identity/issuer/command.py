"""`python -m services.identity.main keys rotate`: publish the next signing key now; it signs after the publishing time."""

import argparse
import asyncio
import sys

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db.engine import Database
from libs.common.settings import Settings
from services.identity.issuer import keys
from services.identity.settings import identity_settings


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m services.identity.main keys")
    parser.add_argument("action", choices=["rotate"])
    parser.add_argument("--ahead", type=int, default=None, help="seconds from publishing to signing (default: the setting)")
    chosen = parser.parse_args(arguments)
    sys.stdout.write(asyncio.run(_rotate(chosen.ahead)) + "\n")
    return 0


async def _rotate(ahead: int | None) -> str:
    settings = identity_settings()
    if ahead is not None:
        settings = settings.model_copy(update={"key_ahead_seconds": ahead})
    database = Database(Settings().database_url.get_secret_value(), pool_size=1)
    try:
        async with AsyncSession(database.engine) as session:
            newest = max(await keys.rotate(session, settings, forced=True), key=lambda key: key.signs_from)
            told = f"{newest.key_id} signs from {newest.signs_from.isoformat()}"
            await session.commit()
            return told
    finally:
        await database.close()
