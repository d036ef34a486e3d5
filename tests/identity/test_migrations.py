"""The identity database: up, down and up again; rows follow their organisation; what is unique."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest

from libs.common.db.engine import Database
from libs.common.db.migrate import migrate
from services.identity.accounts import service as accounts
from services.identity.accounts.schemas import AccountCreate
from services.identity.main import SERVICE
from services.identity.sandbox_provider import SandboxProvider
from services.identity.settings import identity_settings
from services.identity.system import system_unit
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import plant_organisation

NOW_HERE = "SELECT organisation_path::text FROM account WHERE username = 'lan'"
LEFT = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
INSERT = """
INSERT INTO account (account_id, username, name, organisation_code, organisation_path, version, created_at, updated_at)
VALUES (gen_random_uuid(), 'lan', 'Lan', $1, '', 1, now(), now())"""


@pytest.fixture
def empty(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("identity", None)
    yield made
    postgres.drop(made)


def test_up_down_and_up_again(empty: TestDatabase) -> None:
    for target in ("head", "base", "head"):
        asyncio.run(migrate(empty.owner_url, empty.url, SERVICE.versions, target))
    asyncio.run(migrate(empty.owner_url, empty.url, SERVICE.versions, "base"))

    async def left() -> int:
        connection = await asyncpg.connect(empty.superuser_url)
        try:
            return int(await connection.fetchval(LEFT))
        finally:
            await connection.close()

    assert asyncio.run(left()) == 0


async def test_rows_follow_their_organisation(own_database: TestDatabase) -> None:
    connection = await asyncpg.connect(own_database.superuser_url)
    await connection.execute(INSERT, "LC-MOI")
    assert await connection.fetchval(NOW_HERE) == "", "until the organisation is known only the platform sees the account"
    organisation_id, parent = uuid4(), await connection.fetchval("SELECT path::text FROM organisation_path WHERE code = 'LC'")
    path = await plant_organisation(own_database, organisation_id, "LC-MOI", kind="school", parent_path=parent)
    assert await connection.fetchval(NOW_HERE) == path
    await connection.execute("UPDATE organisation_path SET path = text2ltree($1) WHERE code = 'LC-MOI'", organisation_id.hex)
    assert await connection.fetchval(NOW_HERE) == organisation_id.hex, "moved in the tree"
    await connection.execute("UPDATE organisation_path SET code = 'LC-MOI#1', path = text2ltree($1) WHERE code = 'LC-MOI'", path)
    assert await connection.fetchval(NOW_HERE) == path, "ended: its rows go to whoever answers for them"
    heir = await plant_organisation(own_database, uuid4(), "LC-MOI", kind="school", parent_path=parent)
    await connection.execute("UPDATE organisation_path SET path = text2ltree($1) WHERE code = 'LC-MOI#1'", organisation_id.hex)
    assert await connection.fetchval(NOW_HERE) == heir, "a living organisation has taken the code"
    await connection.close()


async def test_no_other_unique_index_says_that_a_user_name_is_taken(own_database: TestDatabase) -> None:
    connection = await asyncpg.connect(own_database.superuser_url)
    await connection.execute("CREATE UNIQUE INDEX account_name_once ON account (name)")
    await connection.close()

    async def create(username: str, name: str) -> None:
        async with system_unit(database, "test", "identity.account.create") as db:
            body = AccountCreate(username=username, name=name, organisation_code="LC-PD")
            await accounts.create(db, SandboxProvider(identity_settings()), body)

    database = Database(own_database.url, pool_size=1)
    try:
        await create("lan", "Lan")
        with pytest.raises(accounts.UsernameTaken):
            await create("Lan", "Lan khác")
        with pytest.raises(asyncpg.UniqueViolationError, match="account_name_once"):
            await create("lan.2", "Lan")
    finally:
        await database.close()


async def test_the_application_role_sees_nothing_without_a_scope(own_database: TestDatabase) -> None:
    connection = await asyncpg.connect(own_database.url)
    for table in ("TABLE account", "TABLE client", "TABLE role_grant", "TABLE login_session"):
        assert await connection.fetch(table) == []
    await connection.close()
