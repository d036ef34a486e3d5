"""What the service answers and publishes is what its contracts say."""

import json
from typing import Any

from pydantic import BaseModel

from libs.common.db.changes import ChangeOut
from libs.common.events import catalogue
from services.learning.content.schemas import PublishedOut, VersionOut
from services.learning.curriculum.schemas import CoverageOut, PeriodOut, TotalsOut
from services.learning.main import SERVICE
from tests.learning.conftest import World

FIELDS = {"content_id", "version", "organisation_id", "subject", "level", "grade", "kind", "state", "approved_at"}


def fits(out: type[BaseModel], found: dict[str, Any]) -> None:
    out.model_validate(found)
    assert set(found) == set(out.model_fields)


async def test_answers_fit_their_schemas(world: World) -> None:
    content_id = await world.approved()
    single: tuple[tuple[type[BaseModel], str], ...] = (
        (PublishedOut, "/contents/" + content_id),
        (VersionOut, "/workspace/" + content_id),
        (VersionOut, f"/workspace/{content_id}/versions/1"),
        (TotalsOut, "/curriculum/totals"),
        (CoverageOut, "/curriculum/coverage"),
    )
    for out, path in single:
        fits(out, (await world.teacher.get(path)).json())
    listed: tuple[tuple[type[BaseModel], str], ...] = (
        (PublishedOut, "/contents"),
        (VersionOut, "/workspace"),
        (VersionOut, f"/workspace/{content_id}/versions"),
        (ChangeOut, "/contents/changes"),
        (PeriodOut, "/curriculum/periods"),
    )
    for out, path in listed:
        items = (await world.teacher.get(path)).json()["items"]
        assert items, path
        for item in items:
            fits(out, item)


async def test_events_fit_their_classes_and_tell_what_is_public(world: World) -> None:
    content_id = await world.approved()
    await world.teacher.must(f"/workspace/{content_id}/versions", {"grade": 5}, If_Match="*")
    await world.teacher.act(content_id, "submit")
    await world.reviewer.act(content_id, "return", {"reasons": ["Chưa đạt"]})
    await world.teacher.act(content_id, "withdraw", {"reason": "x"})
    await world.reviewer.act(content_id, "withdraw", {"reason": "x"})
    rows = await world.rows("SELECT type, key, sequence, body, topic FROM outbox ORDER BY sequence")
    told = []
    for number, (name, key, sequence, body, topic) in enumerate(rows, start=1):
        kind = catalogue.find(name)
        assert kind is not None
        event = kind.model_validate_json(body)
        assert (event.key, event.sequence, key, sequence, topic) == (content_id, number, content_id, number, "learning.content")
        found = json.loads(body)
        assert set(found) == FIELDS
        told.append((name.split(".")[-2], found["state"], found["grade"], found["approved_at"] is not None))
    assert told == [
        ("drafted", "draft", 4, False),
        ("changed", "draft", 4, False),
        ("submitted", "submitted", 4, False),
        ("approved", "approved", 4, True),
        ("drafted", "approved", 4, True),
        ("submitted", "approved", 4, True),
        ("returned", "approved", 4, True),
        ("withdrawn", "withdrawn", 4, False),
    ]


async def test_every_change_is_audited(world: World) -> None:
    content_id = await world.approved()
    rows = await world.rows("SELECT action, version FROM audit WHERE resource = 'content' AND key = $1 ORDER BY version", content_id)
    submit = "learning.content.submit"
    assert rows == [(submit, 1), (submit, 2), (submit, 3), ("learning.content.review", 4)]


def test_contracts_can_be_written() -> None:
    documents = SERVICE.contracts()
    upload = documents["openapi.json"]["paths"]["/learning/v1/workspace/{content_id}/file"]["put"]
    assert "application/octet-stream" in upload["requestBody"]["content"]
    assert {"learning.content"} == set(documents["asyncapi.json"]["channels"])
    problems = {problem["type"] for problem in documents["openapi.json"]["x-problems"]}
    assert {"urn:lienthong:problem:own-review", "urn:lienthong:problem:version-frozen"} <= problems
