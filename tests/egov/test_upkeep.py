"""The calendar job of the worker: closes what is over, survives an absent database, ends when told."""

import asyncio
import time
from contextlib import suppress

from pydantic import SecretStr

from services.egov import upkeep
from services.egov.settings import EgovSettings
from tests.egov.conftest import World
from tests.egov.samples import BS02, submitted
from tests.support.postgres import TestDatabase
from tests.support.tokens import Issuer

PATIENCE_SECONDS = 30.0


def settings(url: str, bus: TestDatabase, issuer: Issuer) -> EgovSettings:
    return EgovSettings(
        database_url=SecretStr(url),
        bus_url=SecretStr(bus.url),
        issuer=issuer.url,
        jwks_url=issuer.jwks_url,
        egov_upkeep_seconds=0.05,
    )


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_job_closes_forgotten_dossiers(world: World, bus: TestDatabase, issuer: Issuer) -> None:
    dossier = await submitted(world)
    dossier = await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02]})
    await world.rows("UPDATE dossier SET step_due_at = now() - interval '1 second'")
    job = asyncio.create_task(upkeep.follow_calendar(settings(world.database.url, bus, issuer)))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (await world.mother.read(dossier))["stage"] != "closed":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    await stopped(job)


async def test_an_absent_database_is_waited_for(bus: TestDatabase, issuer: Issuer) -> None:
    job = asyncio.create_task(upkeep.follow_calendar(settings("postgresql://nobody:x@127.0.0.1:1/none", bus, issuer)))
    done, _ = await asyncio.wait([job], timeout=1.0)
    assert not done
    await stopped(job)
