import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from libs.common.db.migrate import migrate
from services.insight.main import SERVICE
from tests.support.postgres import TestDatabase, TestPostgres

TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'"
UNPROTECTED = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relrowsecurity
    AND relname NOT IN ('alembic_version', 'idempotency', 'outbox', 'inbox', 'dead_letter')"""


@pytest.fixture
def fresh(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("insight", SERVICE.versions)
    yield made
    postgres.drop(made)


def test_the_history_goes_up_down_and_up_again(fresh: TestDatabase) -> None:
    asyncio.run(_up_and_down(fresh))


async def _up_and_down(fresh: TestDatabase) -> None:
    connection = await asyncpg.connect(fresh.superuser_url)
    try:
        assert await connection.fetchval(TABLES) > 10
        await migrate(fresh.owner_url, fresh.url, SERVICE.versions, "base")
        assert await connection.fetchval(TABLES) == 0
        await migrate(fresh.owner_url, fresh.url, SERVICE.versions)
        assert await connection.fetchval(TABLES) > 10
        # The tree that scopes are read from, the calendar and the marks of progress are nobody's data; all else is protected.
        assert {row[0] for row in await connection.fetch(UNPROTECTED)} == {"organisation_path", "school_year", "freshness"}
    finally:
        await connection.close()
