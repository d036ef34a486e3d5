"""Brute force: after some failures a name is locked for a while that grows; the numbers are those of realm.yaml."""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from libs.common.clock import now
from services.identity.issuer.tables import LoginFailure
from services.identity.settings import IdentitySettings
from services.identity.unit import Unit

FORGET_AFTER = timedelta(hours=12)


def lock_time(failures: int, settings: IdentitySettings) -> timedelta | None:
    """Return how long the name is locked after this failure; None while it is not."""
    over = failures - settings.failures_before_lock
    return timedelta(seconds=min(settings.lock_seconds * (over + 1), settings.lock_most_seconds)) if over >= 0 else None


async def locked_until(db: Unit, name: str) -> datetime | None:
    """Return the end of the name's lock, None when it may try. The row is held, so that parallel guesses queue up."""
    await db.session.execute(insert(LoginFailure).values(name=name, failures=0, failed_at=now()).on_conflict_do_nothing())
    row = await db.session.get_one(LoginFailure, name, with_for_update=True)
    return row.locked_until if row.locked_until and row.locked_until > now() else None


async def failed(db: Unit, name: str, settings: IdentitySettings) -> None:
    """Count a failure, and lock the name when there were too many."""
    row = await db.session.get_one(LoginFailure, name)
    forgotten = row.failed_at < now() - FORGET_AFTER
    row.failures, row.failed_at = 1 if forgotten else row.failures + 1, now()
    lock = lock_time(row.failures, settings)
    row.locked_until = now() + lock if lock else None


async def succeeded(db: Unit, name: str) -> None:
    """Forget the failures."""
    await db.session.delete(await db.session.get_one(LoginFailure, name))
