"""Staff over HTTP."""

from typing import Any

import asyncpg

from tests.registry.conftest import World
from tests.registry.samples import ministry_code, staff


async def test_register_and_read(world: World) -> None:
    body = staff()
    made = await world.admin.must("/staff", body, Idempotency_Key="s")
    assert made == await world.admin.must("/staff", body, Idempotency_Key="s")
    assert (await world.admin.get("/staff/" + made["staff_id"])).json() == made
    assert (made["birth_date"], made["birth_precision"], made["school_code"]) == ("1985", "year", "S1")
    assert made["posts"][0]["subject"] == "informatics"
    assert made["certificates"] == [{"kind": "it", "name": "Ứng dụng CNTT cơ bản", "issued_on": "2016-01-05"}]
    for query in ({"school": "S1"}, {"role": "teacher"}, {"subject": "informatics"}, {"q": "hoang"}):
        assert len((await world.admin.get("/staff", **query)).json()["items"]) == 1, query
    assert (await world.admin.get("/staff", subject="music")).json()["items"] == []


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"post": {"organisation_code": "NONE", "role": "teacher"}}, "/post/organisation_code", "unknown_organisation"),
    ({"post": {"organisation_code": "S1", "role": "boss"}}, "/post/role", "enum"),
    (
        {"post": {"organisation_code": "S1", "role": "teacher", "started_on": "2020-01-01", "ended_on": "2020-01-01"}},
        "/post/ended_on",
        "order",
    ),
    ({"birth_date": "1880"}, "/birth_date", "too_early"),
    ({"identifiers": [{"kind": "personal_number", "value": "1"}]}, "/identifiers/0/value", "identifier_form"),
    ({"certificates": [{"kind": "juggling", "name": "x", "issued_on": "2020-01-01"}]}, "/certificates/0/kind", "literal_error"),
)


async def test_bad_input_names_field_and_rule(world: World) -> None:
    for change, pointer, code in BAD:
        answer = await world.admin.post("/staff", staff(**change))
        assert answer.status_code == 422, answer.text
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}, answer.text


async def test_an_identifier_belongs_to_one_person(world: World) -> None:
    body = staff()
    await world.admin.must("/staff", body)
    assert (await world.admin.post("/staff", body)).json()["type"] == "urn:lienthong:problem:staff-exists"
    other = await world.admin.post("/staff", body | {"full_name": "Người khác"})
    assert other.json()["type"] == "urn:lienthong:problem:identifier-taken"


async def test_posts_and_certificates(world: World) -> None:
    made = await world.admin.must("/staff", staff(certificates=[]))
    path = "/staff/" + made["staff_id"]
    added = await world.admin.post(path + "/posts", {"organisation_code": "S2", "role": "librarian"}, If_Match='"1"')
    assert (len(added.json()["posts"]), added.json()["school_code"], added.json()["version"]) == (2, "S1", 2)
    body = {"kind": "it", "name": "IC3", "issued_on": "2019-01-01"}
    certified = await world.admin.post(path + "/certificates", body, If_Match='"2"')
    assert certified.json()["certificates"][0]["name"] == "IC3"
    again = await world.admin.post(path + "/certificates", body, If_Match='"3"')
    assert again.json()["type"] == "urn:lienthong:problem:certificate-known"
    late = await world.admin.post(path + "/certificates", body | {"issued_on": "2199-01-01"}, If_Match='"3"')
    assert late.json()["errors"][0]["code"] == "future_date"
    assert (await world.admin.post(path + "/posts", {"organisation_code": "S2", "role": "clerk"})).status_code == 428


async def test_change_and_leave(world: World) -> None:
    made = await world.admin.must("/staff", staff())
    path = "/staff/" + made["staff_id"]
    changed = await world.admin.patch(path, {"role": "vice_principal", "birth_date": "1985-07-02"}, If_Match='"1"')
    assert (changed.json()["role"], changed.json()["birth_date"]) == ("vice_principal", "1985-07-02")
    assert (await world.admin.patch(path, {"role": "clerk"}, If_Match='"1"')).status_code == 412
    fixed = await world.admin.patch(path, {"identifiers": [ministry_code()]}, If_Match='"2"')
    assert fixed.json()["type"] == "urn:lienthong:problem:ministry-code-fixed"
    left = await world.admin.patch(path, {"left_on": "2026-09-01"}, If_Match='"2"')
    assert left.json()["posts"][0]["valid_to"] == "2026-09-01"
    connection = await asyncpg.connect(world.database.superuser_url)
    rows = await connection.fetch("SELECT type, body FROM outbox WHERE topic = 'registry.staff' ORDER BY outbox_id")
    await connection.close()
    assert [row["type"].split(".")[-2] for row in rows] == ["registered", "changed", "left"]
    assert "Lan" not in str(rows)


async def test_whoever_leaves_one_school_for_another_goes_there(world: World) -> None:
    made = await world.admin.must("/staff", staff())
    path = "/staff/" + made["staff_id"]
    await world.admin.patch(path, {"left_on": "2026-09-01"}, If_Match='"1"')
    body = {"organisation_code": "S2", "role": "principal", "started_on": "2026-09-01"}
    moved = await world.admin.post(path + "/posts", body, If_Match='"2"')
    assert (moved.json()["school_code"], moved.json()["role"], moved.json()["version"]) == ("S2", "principal", 3)
    new, old = world.caller("school_admin@S2"), world.caller("school_admin@S1")
    assert len((await new.get(path)).json()["certificates"]) == 1
    assert (await old.get(path)).status_code == 404
    assert (await old.get("/staff/changes")).json()["items"][-1]["kind"] == "deleted"


async def test_other_schools_see_nothing(world: World) -> None:
    made = await world.admin.must("/staff", staff())
    path, other = "/staff/" + made["staff_id"], world.caller("school_admin@S2")
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/staff")).json()["items"] == []
    assert (await other.get("/staff/changes")).json()["items"] == []
    assert (await other.patch(path, {"role": "clerk"}, If_Match="*")).status_code == 404
    assert (await other.post(path + "/posts", {"organisation_code": "S2", "role": "clerk"}, If_Match="*")).status_code == 404
    certificate = {"kind": "it", "name": "IC3", "issued_on": "2019-01-01"}
    assert (await other.post(path + "/certificates", certificate, If_Match="*")).status_code == 404
    assert (await other.post("/staff", staff())).json()["errors"][0]["code"] == "unknown_organisation"
