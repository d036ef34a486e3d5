"""Who puts the two schools into which service, and how services with them in are started."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.contract.operations import service
from tests.security import identity, insight, registry
from tests.security.schools import Founder, Ground, School
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import Issuer

FILL = {"identity": identity.fill, "insight": insight.fill, "registry": registry.fill}
# Without two schools in them only what holds for any caller is tested: nobody, roles without the permission, machines without the scope.
WAITING = {
    "assets": "its tables are being written",
    "egov": "its tables are being written",
    "learning": "its tables are being written",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A service's database and who is in it."""

    database: TestDatabase
    here: School
    there: School


def fill(name: str, postgres: TestPostgres, bus: TestDatabase, issuer: Issuer) -> Filled:
    """Return a fresh database of the service, with both schools in it where somebody has written how."""
    made = Filled(postgres.database(name, service(name).versions), School("A", "Zumarkon"), School("B", "Qobelix"))

    async def work() -> None:
        async with running(service(name), made.database, bus, issuer) as client:
            if name in FILL:
                await FILL[name](Founder(client, issuer), made.database, made.here, made.there)

    asyncio.run(work())
    return made


@asynccontextmanager
async def opened(filled: Mapping[str, Filled], bus: TestDatabase, issuer: Issuer) -> AsyncIterator[dict[str, Ground]]:
    """Start the services and yield them by name."""
    async with AsyncExitStack() as stack:
        made = {}
        for name, one in filled.items():
            client = await stack.enter_async_context(running(service(name), one.database, bus, issuer))
            made[name] = Ground(name, client, issuer, one.database, one.here, one.there)
        yield made
