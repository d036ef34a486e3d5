"""What the database itself refuses, whoever writes: the application role's own SQL, past every check in Python."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from uuid import uuid4

import asyncpg
import pytest

from services.learning.content.rules import FOLLOWING, State, may_follow
from tests.support.postgres import TestDatabase
from tests.support.service import plant_organisation

AUTHOR, OTHER = "account:author", "account:other"
INSERT = """
INSERT INTO content_version (content_id, number, organisation_id, title, subject, level, grade, kind, licence, language, author,
    file_sha256, file_name, file_media, file_bytes)
SELECT content_id, $2, organisation_id, 'T', 'mathematics', 'primary', 4, 'lesson', 'cc0', 'vi', $3,
    repeat('a', 64), 'a.pdf', 'application/pdf', 1 FROM content WHERE content_id = $1"""
STEP = """
UPDATE content_version SET state = $2, submitted_at = coalesce(submitted_at, now()), reasons = $4,
    decided_at = CASE WHEN $2 IN ('approved', 'returned') THEN now() ELSE decided_at END,
    decided_by = CASE WHEN $2 IN ('approved', 'returned') THEN $3 ELSE decided_by END,
    ended_at = CASE WHEN $2 IN ('superseded', 'withdrawn') THEN now() ELSE ended_at END
WHERE content_id = $1 AND number = 1"""


class Sql:
    """A content with one version, written by SQL as the application role."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.content_id = ""

    async def act_as(self, actor: str) -> None:
        await self.connection.execute("SELECT open_scope('{*}', NULL, $1)", actor)

    async def begin(self) -> None:
        await self.act_as(AUTHOR)
        self.content_id = await self.connection.fetchval(
            "INSERT INTO content (content_id, organisation_id, organisation_path) "
            "SELECT new_id(), organisation_id, path FROM organisation_path WHERE code = 'S1' RETURNING content_id"
        )
        await self.connection.execute(INSERT, self.content_id, 1, AUTHOR)

    async def step(self, state: str, by: str = OTHER) -> None:
        await self.connection.execute(STEP, self.content_id, state, by, ["x"] if state == "returned" else [])

    async def to(self, state: State) -> None:
        """Bring the version into a state by the shortest way."""
        ways = {State.SUBMITTED: [], State.APPROVED: [], State.RETURNED: [], State.SUPERSEDED: [State.APPROVED]}
        if state is State.DRAFT:
            return
        if state is not State.WITHDRAWN:
            await self.step("submitted")
        await self.act_as(OTHER)
        for between in [*ways.get(state, []), *([] if state is State.SUBMITTED else [state])]:
            await self.step(between)

    async def refused(self, statement: str, *arguments: object) -> str:
        """Return the name of the constraint that refuses a statement."""
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
            async with self.connection.transaction():
                await self.connection.execute(statement, *arguments)
        return str(caught.value.constraint_name)


@asynccontextmanager
async def writing(database: TestDatabase) -> AsyncIterator[Sql]:
    connection = await asyncpg.connect(database.url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        sql = Sql(connection)
        await sql.begin()
        yield sql
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.fixture
async def planted(database: TestDatabase) -> TestDatabase:
    await plant_organisation(database, uuid4(), "S1", kind="school")
    return database


FROZEN_COLUMNS = (
    "UPDATE content_version SET title = 'x' WHERE content_id = $1",
    "UPDATE content_version SET description = 'x' WHERE content_id = $1",
    "UPDATE content_version SET file_sha256 = repeat('b', 64) WHERE content_id = $1",
    "UPDATE content_version SET licence = 'cc_by' WHERE content_id = $1",
    "UPDATE content_version SET submitted_at = submitted_at - interval '1 day' WHERE content_id = $1",
    "UPDATE content_version SET reasons = '{y}' WHERE content_id = $1",
    "UPDATE content_version SET end_reason = 'y' WHERE content_id = $1",
)


async def test_nothing_changes_after_submission(planted: TestDatabase) -> None:
    for state in set(State) - {State.DRAFT}:
        async with writing(planted) as sql:
            await sql.to(state)
            for statement in FROZEN_COLUMNS:
                assert await sql.refused(statement, sql.content_id) == "content_version_frozen", (state, statement)
            assert await sql.refused("DELETE FROM content_version WHERE content_id = $1", sql.content_id) == "content_version_kept"


async def test_an_approved_version_does_not_change_on_its_way_out_either(planted: TestDatabase) -> None:
    async with writing(planted) as sql:
        await sql.to(State.APPROVED)
        statement = "UPDATE content_version SET state = 'withdrawn', ended_at = now(), title = 'x' WHERE content_id = $1"
        assert await sql.refused(statement, sql.content_id) == "content_version_frozen"
        statement = "UPDATE content_version SET state = 'withdrawn', ended_at = now(), decided_by = 'x' WHERE content_id = $1"
        assert await sql.refused(statement, sql.content_id) == "content_version_frozen"


async def test_the_database_and_the_rules_know_the_same_life(planted: TestDatabase) -> None:
    for before, after in product(State, State):
        async with writing(planted) as sql:
            await sql.to(before)
            if may_follow(before, after):
                await sql.step(after)
            elif after is not before:
                assert await sql.refused(STEP, sql.content_id, after, OTHER, ["x"]) == "content_version_life", (before, after)
    assert set(FOLLOWING) == set(State)


async def test_own_review_is_refused_by_the_database(planted: TestDatabase) -> None:
    for state in ("approved", "returned"):
        async with writing(planted) as sql:
            await sql.step("submitted")
            assert await sql.refused(STEP, sql.content_id, state, AUTHOR, ["x"]) == "content_version_own_review"
            # Nor can one sign with somebody else's name.
            assert await sql.refused(STEP, sql.content_id, state, OTHER, ["x"]) == "content_version_own_review"


async def test_an_author_of_an_older_version_does_not_review_either(planted: TestDatabase) -> None:
    async with writing(planted) as sql:
        await sql.to(State.RETURNED)
        await sql.connection.execute(INSERT, sql.content_id, 2, OTHER)
        await sql.connection.execute(STEP.replace("number = 1", "number = 2"), sql.content_id, "submitted", None, [])
        await sql.act_as(AUTHOR)
        statement = STEP.replace("number = 1", "number = 2")
        assert await sql.refused(statement, sql.content_id, "approved", AUTHOR, []) == "content_version_own_review"


async def test_versions_begin_as_the_callers_own_draft(planted: TestDatabase) -> None:
    async with writing(planted) as sql:
        assert await sql.refused(INSERT, sql.content_id, 2, OTHER) == "content_version_begins"
        assert await sql.refused(INSERT, sql.content_id, 2, AUTHOR) == "content_version_one_open"
        await sql.act_as(OTHER)
        assert await sql.refused("UPDATE content_version SET title = 'x' WHERE content_id = $1", sql.content_id) == "content_version_author"
        assert (
            await sql.refused("UPDATE content_version SET author = $2 WHERE content_id = $1", sql.content_id, OTHER)
            == "content_version_identity"
        )
