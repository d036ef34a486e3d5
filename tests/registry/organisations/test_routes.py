"""Organisations over HTTP: created, read, listed, brought up to date; and what is refused."""

from typing import Any

import asyncpg

from tests.registry.conftest import World


def school(**others: Any) -> dict[str, Any]:
    made = {
        "code": "S9",
        "name": "Trường Tiểu học số 9",
        "kind": "school",
        "parent_code": "C1",
        "levels": ["primary"],
        "valid_from": "2016-01-01",
    }
    return made | others


async def test_create_and_read(world: World) -> None:
    made = await world.admin.must("/organisations", school(attributes={"has_website": True}))
    read = await world.admin.get("/organisations/" + made["organisation_id"])
    assert read.json() == made
    assert (made["parent_code"], made["attributes"]["has_website"], read.headers["etag"]) == ("C1", True, '"1"')
    assert (await world.admin.get("/organisations/by-code/S9")).json() == made
    assert (await world.admin.get("/organisations/by-code/S9", as_of="2015-12-31")).status_code == 404
    assert (await world.admin.get("/organisations/" + made["organisation_id"], as_of="2015-12-31")).status_code == 404


async def test_a_code_may_be_given_again_after_its_end(world: World) -> None:
    await world.admin.must("/organisations", school(valid_to="2020-01-01"))
    taken = await world.admin.post("/organisations", school(valid_from="2019-12-31"))
    assert taken.json()["type"] == "urn:lienthong:problem:organisation-code-taken"
    again = await world.admin.must("/organisations", school(name="Trường khác", valid_from="2020-01-01"))
    before = await world.admin.get("/organisations/by-code/S9", as_of="2019-12-31")
    assert before.json()["organisation_id"] != again["organisation_id"]
    assert (await world.admin.get("/organisations/by-code/S9")).json()["name"] == "Trường khác"


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"parent_code": "NONE"}, "/parent_code", "unknown_organisation"),
    ({"parent_code": None}, "/parent_code", "missing"),
    ({"parent_code": "S1"}, "/parent_code", "parent_kind"),
    ({"levels": []}, "/levels", "missing"),
    ({"levels": ["primary", "primary"]}, "/levels", "repeated"),
    ({"attributes": {"main_site": True}}, "/attributes/main_site", "not_of_this_kind"),
    ({"valid_to": "2016-01-01"}, "/valid_to", "order"),
    ({"valid_from": "2026-01-01", "administrative_unit_code": "99999"}, "/administrative_unit_code", "unknown_unit"),
    ({"kind": "college"}, "/kind", "enum"),
    ({"name": "=HYPERLINK(1)"}, "/name", "name_form"),
    ({"code": "S 9"}, "/code", "string_pattern_mismatch"),
    ({"attributes": {"has_web_site": True}}, "/attributes/has_web_site", "extra_forbidden"),
)


async def test_bad_input_names_field_and_rule(world: World) -> None:
    for change, pointer, code in BAD:
        answer = await world.admin.post("/organisations", school(**change))
        assert answer.status_code == 422, answer.text
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}, answer.text


async def test_a_wrong_unit_code_is_answered_with_the_near_one(world: World) -> None:
    answer = await world.admin.post("/organisations", school(valid_from="2026-01-01", administrative_unit_code="2647"))
    assert "Có phải ý bạn là 02647 (Phường Lào Cai)?" in answer.json()["errors"][0]["vi"]
    await world.admin.must("/organisations", school(valid_from="2026-01-01", administrative_unit_code="02647"))


async def test_a_parent_must_cover_the_period(world: World) -> None:
    await world.organisation("C9", "commune", "P1", valid_to="2020-01-01")
    answer = await world.admin.post("/organisations", school(parent_code="C9"))
    assert answer.json()["type"] == "urn:lienthong:problem:parent-not-in-force"


async def test_upsert_by_code(world: World) -> None:
    body = school()
    code = body.pop("code")
    made = await world.admin.put("/organisations/by-code/" + code, body)
    again = await world.admin.put("/organisations/by-code/" + code, body)
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    renamed = await world.admin.put("/organisations/by-code/" + code, body | {"name": "Tên mới", "valid_from": "2020-01-01"})
    assert (renamed.json()["name"], renamed.json()["version"]) == ("Tên mới", 2)
    old = await world.admin.get("/organisations/by-code/" + code, as_of="2019-12-31")
    assert old.json()["name"] == body["name"]
    ended = await world.admin.put("/organisations/by-code/" + code, body | {"valid_to": "2030-01-01"})
    assert ended.json()["errors"][0]["code"] == "use_close"
    kind = await world.admin.put("/organisations/by-code/" + code, body | {"kind": "commune", "levels": [], "parent_code": "P1"})
    assert kind.json()["type"] == "urn:lienthong:problem:organisation-kind-fixed"


async def test_lists_are_filtered(world: World) -> None:
    await world.admin.must("/organisations", school(name="Trường Tiểu học Bản Phố"))

    async def codes(**query: Any) -> list[str]:
        return [item["code"] for item in (await world.admin.get("/organisations", **query)).json()["items"]]

    assert await codes() == ["C1", "C2", "P1", "S1", "S2", "S9"]
    assert await codes(kind="school", parent="C1") == ["S1", "S9"]
    assert await codes(q="ban pho") == ["S9"]
    assert await codes(level="lower_secondary") == ["S1", "S2"]
    assert await codes(kind="school", as_of="2015-06-01") == ["S1", "S2"]
    assert await codes(parent="C1", as_of="2016-06-01") == ["S1", "S9"]


async def test_scope_is_the_tree(world: World) -> None:
    own, other = world.caller("school_admin@S1"), world.caller("commune_officer@C2")
    assert [item["code"] for item in (await own.get("/organisations")).json()["items"]] == ["S1"]
    assert [item["code"] for item in (await other.get("/organisations")).json()["items"]] == ["C2", "S2"]
    s1 = (await own.get("/organisations/by-code/S1")).json()
    assert s1["parent_code"] == "C1"
    path = "/organisations/" + s1["organisation_id"]
    assert (await other.get(path)).status_code == 404
    officer = world.caller("province_officer@C2")
    assert (await officer.patch(path, {"name": "X"}, If_Match="*")).status_code == 404
    assert (await officer.post(path + "/close", {"change_date": "2026-01-01"}, If_Match="*")).status_code == 404
    assert (await officer.post(path + "/merge", {"into_code": "S2", "change_date": "2026-01-01"}, If_Match="*")).status_code == 404
    assert (await officer.post(path + "/reparent", {"parent_code": "C2", "change_date": "2026-01-01"}, If_Match="*")).status_code == 404
    assert (await officer.post("/organisations", school())).status_code == 422
    assert (await officer.get(path + "/versions")).status_code == 404
    assert len((await own.get(path + "/versions")).json()["items"]) == 1


async def test_an_officer_of_a_commune_changes_what_stands_under_it(world: World) -> None:
    officer = world.caller("province_officer@C1")
    made = await officer.must("/organisations", school())
    changed = await officer.patch("/organisations/" + made["organisation_id"], {"name": "Tên mới"}, If_Match='"1"')
    assert changed.json()["name"] == "Tên mới"
    out = await officer.post(
        f"/organisations/{made['organisation_id']}/reparent", {"parent_code": "C2", "change_date": "2026-01-01"}, If_Match='"2"'
    )
    assert out.json()["errors"][0]["code"] == "unknown_organisation"


async def test_every_change_is_an_event_and_a_whole_state(world: World) -> None:
    made = await world.admin.must("/organisations", school(), Idempotency_Key="k")
    await world.admin.must("/organisations", school(), Idempotency_Key="k")
    await world.admin.patch("/organisations/" + made["organisation_id"], {"valid_from": "2020-01-01", "name": "B"}, If_Match='"1"')
    connection = await asyncpg.connect(world.database.superuser_url)
    rows = await connection.fetch(
        "SELECT topic, type, sequence, body::jsonb AS body FROM outbox WHERE key = $1 ORDER BY outbox_id",
        made["organisation_id"],
    )
    actions = await connection.fetch("SELECT action, version FROM audit WHERE key = $1 ORDER BY audit_id", made["organisation_id"])
    await connection.close()
    assert [(row["topic"], row["type"].split(".")[-2], row["sequence"]) for row in rows] == [
        ("registry.organisation", "created", 1),
        ("registry.organisation.state", "state", 1),
        ("registry.organisation", "changed", 2),
        ("registry.organisation.state", "state", 2),
    ]
    assert '"name": "B"' in rows[3]["body"]
    assert rows[3]["body"].count('"valid_from"') == 2
    assert [row["version"] for row in actions] == [1, 2]
