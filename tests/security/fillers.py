"""Who puts the two schools into which service, and how services with them in are started."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from tests.contract.operations import service, services
from tests.egov.registry import standing_in
from tests.security import assets, egov, identity, insight, learning, registry
from tests.security.schools import Founder, Ground, School
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import Issuer

FILL = {
    "assets": assets.fill,
    "egov": egov.fill,
    "identity": identity.fill,
    "insight": insight.fill,
    "learning": learning.fill,
    "registry": registry.fill,
}


@contextmanager
def created(postgres: TestPostgres) -> Iterator[dict[str, TestDatabase]]:
    """Yield a fresh database of every service."""
    made = {name: postgres.database(name, service(name).versions) for name in services()}
    yield made
    with ThreadPoolExecutor() as pool:  # each drop waits for a checkpoint: together they share one
        list(pool.map(postgres.drop, made.values()))


@asynccontextmanager
async def filled(databases: Mapping[str, TestDatabase], bus: TestDatabase, issuer: Issuer, files: Path) -> AsyncIterator[dict[str, Ground]]:
    """Start every service, put both schools into it, and yield the services by name."""
    with standing_in() as asked:
        settings = {"egov": {"egov_registry_url": asked.url}, "learning": {"learning_storage": f"file://{files}"}}
        async with AsyncExitStack() as stack:
            made = {}
            for name, database in databases.items():
                client = await stack.enter_async_context(running(service(name), database, bus, issuer, **settings.get(name, {})))
                made[name] = Ground(name, client, issuer, database, School("A", "Zumarkon"), School("B", "Qobelix"))
            founded = (FILL[name](Founder(one.client, issuer, asked), one.database, one.here, one.there) for name, one in made.items())
            await asyncio.gather(*founded)
            yield made
