"""An event that a consumer could not apply, as the person on duty sees it: shown, tried, and applied once when its cause is mended."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from libs.common.events import connections
from libs.common.organisations import PATIENT_TRIES
from tests.e2e.conftest import SANDBOX
from tests.e2e.platform import Platform, eventually

LESSON = {"title": "Ôn tập", "subject": "mathematics", "level": "primary", "grade": 2, "kind": "lesson", "licence": "cc_by"}
AWAY = "ALTER TABLE content_state RENAME TO content_state_away"
BACK = "ALTER TABLE content_state_away RENAME TO content_state"
OPEN = "SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL"
STATES = "SELECT state, version FROM content_state WHERE content_id = $1"


@pytest.mark.parametrize("platform", [SANDBOX], indirect=True)
def test_a_dead_letter_is_shown_tried_and_applied_once(platform: Platform) -> None:
    with without_table(platform):
        content = draft(platform)
        eventually(lambda: asyncio.run(query(platform, OPEN)) == [(1,)], 60)
        (letter,) = letters(platform)
        number = str(letter["id"])
        assert (letter["consumer"], letter["attempts"], letter["event"]["key"]) == ("insight.content", PATIENT_TRIES, content)
        assert letter["reason"] == 'UndefinedTableError: relation "content_state" does not exist'
        assert letter["event"]["body"]["content_id"] == content
        table = printed(platform)
        assert max(map(len, table.splitlines())) <= 80
        assert {number, "insight.content", "UndefinedTableError:"} <= set(table.split())
        assert letter["event"]["body_form"] == "json"
        assert f'"content_id":"{content}"' in "".join(table.split())
        assert printed(platform, "--service", "insight", "--replay", number) == f"would be asked for: {number}\n"
        assert letters(platform) == [letter]
    assert printed(platform, "--service", "insight", "--replay", number, "--apply") == f"asked for: {number}\n"
    eventually(lambda: asyncio.run(query(platform, OPEN)) == [(0,)], 30)
    assert asyncio.run(query(platform, STATES, content)) == [("draft", 1)]
    assert printed(platform, "--service", "insight", "--replay", number, "--apply") == "asked for: none (not open)\n"
    assert printed(platform) == "none\n"


def draft(platform: Platform) -> str:
    """Let a teacher begin a lesson that nobody will ever see."""
    with platform.client(platform.token("teacher")) as teacher:
        headers = {"Idempotency-Key": str(uuid4())}
        made = teacher.post("/learning/v1/workspace", json={"organisation_code": "PHONG-DONG"} | LESSON, headers=headers)
        assert made.status_code == 201, made.text
        return str(made.json()["content_id"])


def letters(platform: Platform) -> list[dict[str, Any]]:
    """Return the open letters of all services as the command prints them for a program."""
    return list(json.loads(printed(platform, "--json")))


def printed(platform: Platform, *arguments: str) -> str:
    """Return what `lienthong events dead-letters` prints."""
    done = platform.command("events", "dead-letters", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def without_table(platform: Platform) -> Iterator[None]:
    """Take away the table that keeps contents in insight: a worker that is ahead of its migration."""
    asyncio.run(query(platform, AWAY))
    try:
        yield
    finally:
        asyncio.run(query(platform, BACK))


async def query(platform: Platform, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Run a statement in insight's database."""
    connection = await connections.connect(platform.installation.postgres.url("insight", "postgres"), "tests")
    try:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()
