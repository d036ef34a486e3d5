"""Services that may be written to at will: databases of their own, so that generated requests spoil nobody's."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.contract.operations import services
from tests.security.fillers import Filled, fill, opened
from tests.security.schools import Ground
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.tokens import Issuer


@pytest.fixture(scope="session")
def spare(postgres: TestPostgres, bus: TestDatabase, issuer: Issuer) -> Iterator[dict[str, Filled]]:
    """Return a filled database of every service."""
    made = {name: fill(name, postgres, bus, issuer) for name in services()}
    yield made
    for one in made.values():
        postgres.drop(one.database)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playgrounds(spare: dict[str, Filled], bus: TestDatabase, issuer: Issuer) -> AsyncIterator[dict[str, Ground]]:
    """Return every service, started once for the run: tests that use it share its event loop."""
    async with opened(spare, bus, issuer) as made:
        yield made
