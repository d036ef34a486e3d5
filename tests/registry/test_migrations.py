"""The schema: protected wherever rows belong to somebody, and gone without a trace when taken down."""

import asyncpg

from libs.common.db.migrate import migrate
from services.registry.main import SERVICE
from tests.registry.conftest import World
from tests.registry.samples import learner, person, school_class, staff
from tests.support.postgres import TestDatabase

COLUMN = """
SELECT c.relname, c.relrowsecurity FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE a.attname = 'organisation_path' AND c.relkind = 'r' AND NOT a.attisdropped ORDER BY 1"""
LEFT = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND relkind IN ('r', 'S') AND relname NOT LIKE 'alembic%'
UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
READABLE = (
    "SELECT count(*) FROM organisation",
    "SELECT count(*) FROM organisation_version",
    "SELECT count(*) FROM person",
    "SELECT count(*) FROM person_identifier",
    "SELECT count(*) FROM learner",
    "SELECT count(*) FROM enrolment",
    "SELECT count(*) FROM staff",
    "SELECT count(*) FROM post",
    "SELECT count(*) FROM staff_certificate",
    "SELECT count(*) FROM class",
    "SELECT count(*) FROM guardian",
    "SELECT count(*) FROM change",
    "SELECT count(*) FROM audit",
)


async def test_every_table_with_somebodys_rows_has_row_security(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    tables = {row["relname"]: row["relrowsecurity"] for row in await connection.fetch(COLUMN)}
    await connection.close()
    assert len(tables) >= 13
    assert [name for name, protected in tables.items() if not protected] == []


async def test_without_a_scope_nothing_is_visible(world: World) -> None:
    child = await world.admin.must("/learners", learner())
    await world.admin.must("/staff", staff())
    await world.admin.must("/classes", school_class())
    await world.admin.must("/guardians", {"learner_id": child["learner_id"], "relation": "father", "person": person()})
    connection = await asyncpg.connect(world.database.url)
    privileged = await asyncpg.connect(world.database.superuser_url)
    for query in READABLE:
        assert await privileged.fetchval(query) > 0, query
        assert await connection.fetchval(query) == 0, query
    await connection.close()
    await privileged.close()


async def test_down_takes_everything_away_and_up_works_again(database: TestDatabase) -> None:
    await migrate(database.owner_url, database.url, SERVICE.versions, "base")
    connection = await asyncpg.connect(database.superuser_url)
    assert [row[0] for row in await connection.fetch(LEFT)] == []
    await migrate(database.owner_url, database.url, SERVICE.versions)
    assert await connection.fetchval("SELECT count(*) FROM learner") == 0
    await connection.close()
