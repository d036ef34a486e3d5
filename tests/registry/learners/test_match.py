"""A learner of any school, told to whoever knows code, name and birth date: all three or nothing, and never without a trace."""

import unicodedata
from typing import Any

import asyncpg
import pytest

from tests.registry.conftest import World
from tests.registry.samples import learner, school_class

TOLD = {
    "learner_id",
    "person_id",
    "full_name",
    "birth_date",
    "school_id",
    "school_code",
    "class_id",
    "grade",
    "level",
    "version",
}
AUDIT = """
SELECT actor, action, resource, version, organisation_path::text AS path, request_id, details::text AS details FROM audit
WHERE action = 'registry.learner.match' AND key = $1"""
LEDGERS = "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM change), (SELECT count(*) FROM outbox)"


async def enrolled(world: World, **others: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Register a learner of S1; returns the learner, and what the papers say."""
    made = await world.admin.must("/learners", learner(full_name="Hoàng Thị Thuý Hoà", **others))
    return made, {"ministry_code": made["ministry_code"], "full_name": made["full_name"], "birth_date": made["birth_date"]}


async def privileged(world: World, query: str, *values: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(world.database.superuser_url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def test_who_knows_all_three_gets_what_a_transfer_needs_and_nothing_else(world: World) -> None:
    await world.admin.must("/classes", school_class())
    made, papers = await enrolled(world)
    clerk = world.caller("clerk@S2")
    told = await clerk.post("/learners/match", papers)
    assert told.status_code == 200, told.text
    assert set(told.json()) == TOLD
    assert told.json() == {name: made[name] for name in TOLD}
    assert told.headers["cache-control"] == "no-store"
    path = "/learners/" + made["learner_id"]
    for closed in (path, path + "/enrolments", path + "/guardians"):
        answer = await clerk.get(closed)
        assert answer.status_code == 404, "a match opens nothing else"
    assert (await clerk.get("/learners", ministry_code=papers["ministry_code"])).json()["items"] == []
    assert (await clerk.get("/learners/changes")).json()["items"] == []


async def test_one_wrong_factor_is_like_no_such_learner(world: World) -> None:
    _, papers = await enrolled(world)
    _, other = await enrolled(world, birth_date="2014-03-02")
    wrong: list[dict[str, str]] = [
        {"ministry_code": "9999999999"},
        {"ministry_code": other["ministry_code"]},
        {"full_name": "Hoàng Thị Thuý"},
        {"full_name": "Hoàng Thị Thuý Hoàn"},
        {"birth_date": "2015-03-03"},
        {"birth_date": "2014-03-02"},
        {"ministry_code": "9999999999", "full_name": "Ai Đó", "birth_date": "2013"},
    ]
    before = await privileged(world, LEDGERS)
    clerk, bodies = world.caller("clerk@S2"), set()
    for change in wrong:
        answer = await clerk.post("/learners/match", papers | change)
        assert answer.status_code == 404, (change, answer.text)
        bodies.add(answer.text.replace(answer.headers["x-request-id"], ""))
        assert answer.headers["content-length"] == str(len(answer.content))
    assert len(bodies) == 1
    assert await privileged(world, LEDGERS) == before


async def test_a_name_is_compared_as_the_search_does(world: World) -> None:
    made, papers = await enrolled(world)
    for name in (
        "Hoàng Thị Thúy Hòa",
        "HOÀNG THỊ THUÝ HOÀ",
        "hoang thi thuy hoa",
        "  Hoàng   Thị Thuý Hoà ",
        unicodedata.normalize("NFD", "Hoàng Thị Thuý Hoà"),
    ):
        told = await world.caller("clerk@S2").post("/learners/match", papers | {"full_name": name})
        assert (told.status_code, told.json().get("learner_id")) == (200, made["learner_id"]), name


@pytest.mark.parametrize(
    ("known", "wrong"),
    [("2015", ("2015-01", "2015-01-01")), ("2015-03", ("2015", "2015-03-01")), ("2015-01-01", ("2015", "2015-01"))],
)
async def test_a_birth_date_is_known_as_far_as_it_is_registered(world: World, known: str, wrong: tuple[str, ...]) -> None:
    _, papers = await enrolled(world, birth_date=known)
    clerk = world.caller("clerk@S2")
    assert (await clerk.post("/learners/match", papers)).json()["birth_date"] == known
    for guess in wrong:
        assert (await clerk.post("/learners/match", papers | {"birth_date": guess})).status_code == 404, guess


async def test_what_cannot_be_is_told_field_by_field(world: World) -> None:
    _, papers = await enrolled(world)
    cases = [
        ({"ministry_code": "12"}, "/ministry_code", "identifier_form"),
        ({"birth_date": "2015-02-30"}, "/birth_date", "birth_date_form"),
        ({"birth_date": "2035-01-01"}, "/birth_date", "future_date"),
        ({"full_name": " "}, "/full_name", "string_too_short"),
        ({"learner_id": "x"}, "/learner_id", "extra_forbidden"),
    ]
    for change, pointer, code in cases:
        answer = await world.caller("clerk@S2").post("/learners/match", papers | change)
        assert answer.status_code == 422, answer.text
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
        assert all(one["vi"] and one["en"] for one in answer.json()["errors"])


async def test_it_takes_a_desk(world: World) -> None:
    made, papers = await enrolled(world)
    for role in ("guardian", "learner", "teacher", "auditor"):
        answer = await world.caller(role + "@S1", person_id=made["person_id"]).post("/learners/match", papers)
        assert answer.status_code == 403, role
        assert "registry.learner.match" in answer.json()["detail"]
    for role in ("school_admin", "clerk", "commune_officer"):
        assert (await world.caller(role + ("@C2" if role == "commune_officer" else "@S2")).post("/learners/match", papers)).is_success


async def test_a_match_leaves_a_trace_where_the_learner_stands_and_changes_nothing(world: World) -> None:
    made, papers = await enrolled(world)
    before = (await privileged(world, LEDGERS))[0]
    answer = await world.caller("clerk@S2", sub="0191d3a0-0000-7000-8000-00000000c1e4").post("/learners/match", papers)
    (trace,) = await privileged(world, AUDIT, made["learner_id"])
    (stands,) = await privileged(world, "SELECT organisation_path::text AS path FROM learner")
    assert (trace["actor"], trace["resource"]) == ("account:0191d3a0-0000-7000-8000-00000000c1e4", "learner")
    assert (trace["path"], trace["version"]) == (stands["path"], made["version"])
    assert trace["request_id"] == answer.headers["x-request-id"]
    assert trace["details"] == "{}", "the trace says who and whom, never what"
    after = (await privileged(world, LEDGERS))[0]
    assert tuple(after) == (before[0] + 1, before[1], before[2])
    assert (await world.admin.get("/learners/" + made["learner_id"])).json() == made


async def test_a_repetition_is_the_same_disclosure(world: World) -> None:
    made, papers = await enrolled(world)
    clerk = world.caller("clerk@S2")
    first = await clerk.post("/learners/match", papers, Idempotency_Key="match-1")
    again = await clerk.post("/learners/match", papers, Idempotency_Key="match-1")
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert again.headers["cache-control"] == first.headers["cache-control"] == "no-store"
    assert len(await privileged(world, AUDIT, made["learner_id"])) == 1


async def test_a_learner_in_no_school_is_matched_too(world: World) -> None:
    made, papers = await enrolled(world)
    left = {"left_on": "2026-10-01", "status": "05"}
    assert (await world.admin.post(f"/learners/{made['learner_id']}/leave", left, If_Match='"1"')).is_success
    told = await world.caller("clerk@S2").post("/learners/match", papers)
    assert (told.json()["school_id"], told.json()["school_code"]) == (None, None)


async def test_without_a_scope_a_match_is_all_that_can_be_asked(world: World) -> None:
    _, papers = await enrolled(world)
    asked = "SELECT count(*) FROM match_learner($1, $2, '2015-03-02', 'day')"
    connection = await asyncpg.connect(world.database.url)
    try:
        assert await connection.fetchval(asked, papers["ministry_code"], "hoang thi thuy hoa") == 1
        assert await connection.fetchval(asked, "9999999999", "hoang thi thuy hoa") == 0
        assert await connection.fetchval("SELECT count(*) FROM learner") == 0
    finally:
        await connection.close()
