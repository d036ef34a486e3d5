"""The schema: protected wherever rows belong to somebody, and gone without a trace when taken down."""

import asyncpg

from libs.common.db.migrate import migrate
from services.learning.main import SERVICE
from tests.learning.conftest import World
from tests.support.postgres import TestDatabase

LEFT = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND relkind IN ('r', 'S') AND relname NOT LIKE 'alembic%'
UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
UNPROTECTED = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT relrowsecurity
    AND relname NOT IN ('alembic_version', 'idempotency', 'outbox', 'inbox', 'dead_letter')"""


async def test_down_takes_everything_away_and_up_works_again(database: TestDatabase) -> None:
    await migrate(database.owner_url, database.url, SERVICE.versions, "base")
    connection = await asyncpg.connect(database.superuser_url)
    assert [row[0] for row in await connection.fetch(LEFT)] == []
    await migrate(database.owner_url, database.url, SERVICE.versions)
    assert await connection.fetchval("SELECT count(*) FROM curriculum_period") == 166
    assert [row[0] for row in await connection.fetch(UNPROTECTED)] == ["organisation_path"]
    await connection.close()


async def test_without_a_scope_nothing_is_visible_or_writable(world: World) -> None:
    await world.approved()
    await world.teacher.submitted()
    connection = await asyncpg.connect(world.database.url)
    assert await connection.fetchval("SELECT count(*) FROM content") == 0
    assert await connection.fetchval("SELECT count(*) FROM content_version") == 0
    assert await connection.execute("UPDATE curriculum_period SET periods_per_year = 1") == "UPDATE 0"
    # With the scope of nowhere only what is approved is seen, and nothing can be written.
    await connection.execute("BEGIN")
    await connection.execute("SELECT open_scope('{NOWHERE}', NULL, 'account:x')")
    assert await connection.fetchval("SELECT count(*) FROM content_version") == 1
    assert await connection.execute("UPDATE content SET published_number = NULL") == "UPDATE 0"
    assert await connection.execute("UPDATE curriculum_period SET periods_per_year = 1") == "UPDATE 0"
    await connection.close()
