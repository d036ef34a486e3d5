"""Row security asked directly, as the application's own role: nothing without a scope, only one's own with one, no writing beyond it."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from tests.contract.operations import services
from tests.security.schools import SHARED, Ground, School, on, superuser

OPEN = "SELECT open_scope($1, NULL, $2)"
TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS secured, pg_get_userbyid(c.relowner) AS owner,
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organisation_path' AND NOT a.attisdropped) AS placed,
    (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname"""
FUNCTIONS = """
SELECT p.proname AS name, p.proconfig AS settings, has_function_privilege('public', p.oid, 'EXECUTE') AS anybody,
    has_function_privilege(current_user, p.oid, 'EXECUTE') AS application
FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"""
ROWS = "SELECT to_jsonb(t)::text FROM {t} t"
ONE = "SELECT to_jsonb(t)::text FROM {t} t WHERE organisation_path <@ (SELECT path FROM organisation_path WHERE code = $1) LIMIT 1"
COPY = "INSERT INTO {t} SELECT (jsonb_populate_record(NULL::{t}, $1::text::jsonb)).*"
MOVE = "UPDATE {t} SET organisation_path = (SELECT path FROM organisation_path WHERE code = $1)"
TOUCH = (
    "UPDATE {t} SET organisation_path = organisation_path WHERE organisation_path <@ (SELECT path FROM organisation_path WHERE code = $1)"
)
REMOVE = "DELETE FROM {t} WHERE organisation_path <@ (SELECT path FROM organisation_path WHERE code = $1)"
MOVE_BY = "UPDATE {t} SET {c} = (SELECT organisation_id FROM organisation_path WHERE code = $1)"
REMOVE_ROW = "DELETE FROM {t} t WHERE to_jsonb(t)::text = $1"
# Tables that every row of is nobody's in particular, or that hold nothing but what the process itself needs; each with its reason.
OPEN_TABLES = {
    "alembic_version": "which revision the schema is at",
    "organisation_path": "the tree that scopes are read from: codes, names and places of public bodies",
    "school_year": "dates of the whole sector",
    "school_levels": "which levels a school teaches: public",
    "idempotency": "read by actor and key only",
    "outbox": "events on their way out; ids only",
    "inbox": "ids of events that were applied",
    "dead_letter": "events that could not be applied; read by operators",
    "relay_heartbeat": "which process sends",
    "freshness": "how far each topic was applied",
    "account_password": "the sandbox issuer's own; one-way hashes",
    "client_secret": "the sandbox issuer's own; one-way hashes",
    "signing_key": "the sandbox issuer's own",
    "login_attempt": "the sandbox issuer's own; digests of one-time secrets",
    "authorization_code": "the sandbox issuer's own; digests of one-time secrets",
    "refresh_token": "the sandbox issuer's own; digests",
    "login_failure": "the sandbox issuer's own; how often a name failed",
    "day_number": "how many dossiers an agency has numbered on a day; agency codes are printed on every receipt",
}
# Rows that are nobody's in particular: everybody reads them, whoever answers for all writes them.
LAW = {"norm": "dated norms", "rule_set": "versions of the rules of wear", "curriculum_period": "the national programme"}
# Rows of organisations that everybody reads and only they write.
PUBLIC_TABLES = {"procedure_offer": "which organisation offers what is public", "agency": "agency codes are printed on every receipt"}
# Tables whose path is a copy for the feed: where their rows belong is asked of the tree, by this column.
PLACED_BY = {
    "dossier": "receiving_school_id",
    "agency": "organisation_id",
    "procedure_offer": "organisation_id",
    "document_count": "organisation_id",
    "content": "organisation_id",
}
# Whoever leaves a scope is told to it: the last statement of a write must be able to write there. Nobody can change or delete these rows.
LEDGERS = frozenset({"audit", "change"})
# Nothing of both schools stands there after an ordinary day.
EMPTY = {
    "registry.import_chunk": "a file is dropped when its run ends",
    "insight.audit": "insight writes nothing over HTTP",
    "insight.change": "insight writes nothing over HTTP",
}


@asynccontextmanager
async def application(ground: Ground, *codes: str) -> AsyncIterator[Any]:
    """Yield the application role's connection inside a transaction, with these organisations in scope; without any, unopened."""
    connection = await asyncpg.connect(ground.database.url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        if codes:
            await connection.execute(OPEN, list(codes), "account:" + ground.there.subject)
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def tables(ground: Ground) -> list[asyncpg.Record]:
    async with superuser(ground.database) as connection:
        found: list[asyncpg.Record] = await connection.fetch(TABLES)
        return found


async def names(ground: Ground, *, placed: bool | None = None) -> list[str]:
    """Return the secured tables, with or without a path of their own, that rows of both schools stand in."""
    found = [one["name"] for one in await tables(ground) if one["secured"] and placed in {None, one["placed"]}]
    return [name for name in found if name not in LAW and f"{ground.service}.{name}" not in EMPTY]


async def texts(connection: Any, table: str) -> list[str]:
    return [row[0] for row in await connection.fetch(on(table, ROWS))]


def mentions(school: School, rows: list[str], but: Collection[str] = ()) -> list[str]:
    return [row for row in rows if any(marker in row for marker in school.markers.difference(but))]


@pytest.mark.parametrize("name", services())
@SHARED
async def test_every_table_is_secured_or_open_for_a_reason(grounds: dict[str, Ground], name: str) -> None:
    found = await tables(grounds[name])
    unprotected = {table["name"] for table in found if not (table["secured"] and table["policies"])}
    assert not {table["name"] for table in found if table["placed"]} & unprotected, "a table with an organisation's path has no policy"
    assert unprotected <= set(OPEN_TABLES), "a table without row security needs its reason in OPEN_TABLES"
    async with application(grounds[name]) as connection:
        role = await connection.fetchrow("SELECT rolsuper, rolbypassrls, rolname FROM pg_roles WHERE rolname = current_user")
    assert (role["rolsuper"], role["rolbypassrls"]) == (False, False)
    assert role["rolname"] not in {table["owner"] for table in found}


@pytest.mark.parametrize("name", services())
@SHARED
async def test_only_the_application_may_look_past_row_security(grounds: dict[str, Ground], name: str) -> None:
    """Nor may a temporary table pass for one of ours inside such a function: unless named last, pg_temp is searched first."""
    async with application(grounds[name]) as connection:
        found = await connection.fetch(FUNCTIONS)
    assert "sequence_changes" in {one["name"] for one in found}
    for one in found:
        assert (one["anybody"], one["application"]) == (False, True), one["name"]
        assert one["settings"] == ["search_path=public, pg_temp"], one["name"]


@pytest.mark.parametrize("name", services())
@SHARED
async def test_without_a_scope_there_is_nothing(grounds: dict[str, Ground], name: str) -> None:
    async with application(grounds[name]) as connection:
        for table in await tables(grounds[name]):
            if table["secured"] and table["name"] not in {*LAW, *PUBLIC_TABLES}:
                assert await texts(connection, table["name"]) == [], table["name"]


@pytest.mark.parametrize("name", services())
@SHARED
async def test_a_scope_shows_its_own_and_nothing_else(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    async with superuser(ground.database) as all_rows, application(ground, ground.there.code) as connection:
        for table in await names(ground):
            rows, seen = await texts(all_rows, table), await texts(connection, table)
            assert mentions(ground.here, rows), f"put a row of both schools into {table}"
            assert mentions(ground.there, seen), f"{table}: the school does not see its own"
            # By id: a report on a file of their own may quote what they wrote into it.
            ids = {marker for marker in ground.here.markers - ground.here.public if len(marker) == len(ground.here.subject)}
            assert not [row for row in seen if any(marker in row for marker in ids)], f"{table}: the school sees another one's"


@pytest.mark.parametrize("name", services())
@SHARED
async def test_organisation_codes_are_taken_as_they_are(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    for code in (
        "",
        "%",
        "T%",
        ground.here.code.lower(),
        ground.here.code + " ",
        "{" + ground.here.code + "}",
        "''",
        "*x",
        ground.here.code[:5],
    ):
        async with application(ground, code) as connection:
            for table in await names(ground, placed=True):
                if table not in PUBLIC_TABLES:
                    assert not mentions(ground.here, await texts(connection, table), ground.here.public), (table, code)


@pytest.mark.parametrize("name", services())
@SHARED
async def test_nothing_is_written_into_another_scope(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    for table in set(await names(ground, placed=True)) - LEDGERS:
        async with superuser(ground.database) as connection:
            row = await connection.fetchval(on(table, ONE), ground.here.code)
        move = MOVE_BY.replace("{c}", PLACED_BY[table]) if table in PLACED_BY else MOVE
        for statement, argument in ((COPY, row), (move, ground.here.code)):
            async with application(ground, ground.there.code) as connection:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await connection.execute(on(table, statement), argument)
        async with application(ground, ground.there.code) as connection:
            assert await connection.execute(on(table, TOUCH), ground.here.code) == "UPDATE 0", table
            assert await connection.execute(on(table, REMOVE), ground.here.code) == "DELETE 0", table


@pytest.mark.parametrize("name", services())
@SHARED
async def test_what_follows_the_tree_is_written_by_those_only_who_see_all(grounds: dict[str, Ground], name: str) -> None:
    """Tables that are secured without a path of their own: a read model's, or the parts of a file."""
    ground = grounds[name]
    for table in await names(ground, placed=False):
        async with superuser(ground.database) as connection:
            row = mentions(ground.here, await texts(connection, table))[0]
        async with application(ground, ground.there.code) as connection:
            assert await connection.execute(on(table, REMOVE_ROW), row) == "DELETE 0", table
        async with application(ground, ground.there.code) as connection:
            with pytest.raises(asyncpg.PostgresError, match=r"row-level security|cannot insert a non-DEFAULT"):
                await connection.execute(on(table, COPY), row)


@pytest.mark.parametrize("name", services())
@SHARED
async def test_ledgers_are_written_once(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit", "TRUNCATE change"):
        async with application(ground, "*") as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    for statement in ("UPDATE change SET key = 'x'", "DELETE FROM change"):
        async with application(ground, "*") as connection:
            assert (await connection.execute(statement)).endswith(" 0")


@pytest.mark.parametrize("name", services())
@SHARED
async def test_the_application_role_cannot_lift_the_rules(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    for statement in (
        "ALTER TABLE audit DISABLE ROW LEVEL SECURITY",
        "DROP POLICY audit_read ON audit",
        "CREATE POLICY more ON audit USING (true)",
        "SET ROLE postgres",
        "CREATE TABLE mine (x int)",
        "CREATE OR REPLACE FUNCTION scope_paths() RETURNS ltree[] LANGUAGE sql AS $$ SELECT ARRAY[''::ltree] $$",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
    ):
        async with application(ground) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    async with application(ground) as connection:
        await connection.execute("SET LOCAL row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM audit")
