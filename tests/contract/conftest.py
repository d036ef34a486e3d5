"""Services that may be written to at will: databases of their own, so that generated requests spoil nobody's."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.security.fillers import created, filled
from tests.security.schools import Ground
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.tokens import Issuer


@pytest.fixture(scope="session")
def spare(postgres: TestPostgres) -> Iterator[dict[str, TestDatabase]]:
    """Return a database of every service."""
    with created(postgres) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playgrounds(
    spare: dict[str, TestDatabase], bus: TestDatabase, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Ground]]:
    """Return every filled service, started once for the run: tests that use it share its event loop."""
    async with filled(spare, bus, issuer, tmp_path_factory.mktemp("files")) as made:
        yield made
