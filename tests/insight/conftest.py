"""Insight under test: its real database, its consumers fed with records as the bus would give them, its API over ASGI."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest

from services.insight.main import SERVICE
from tests.insight.support import Feed
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import Issuer


@pytest.fixture(scope="module")
def database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("insight", SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
async def feed(database: TestDatabase) -> AsyncIterator[Feed]:
    """An empty read model and the way to feed it."""
    connection = await asyncpg.connect(database.url)
    made = Feed(connection, database.superuser_url)
    await made.clear()
    yield made
    await connection.close()


@pytest.fixture
async def client(database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """Insight's API on the read model that `feed` fills."""
    async with running(SERVICE, database, bus, issuer) as started:
        yield started
