"""The dated tree: renamed, moved, merged, closed; history stays readable and everything under it follows."""

from typing import Any

import asyncpg

from services.registry import daily
from tests.registry.conftest import World
from tests.registry.samples import YEAR, enrolment, learner, school_class, staff

PATHS = """
SELECT 'learner', organisation_path::text FROM learner UNION ALL SELECT 'person', organisation_path::text FROM person
UNION ALL SELECT 'enrolment', organisation_path::text FROM enrolment UNION ALL SELECT 'class', organisation_path::text FROM class
UNION ALL SELECT 'staff', organisation_path::text FROM staff UNION ALL SELECT 'post', organisation_path::text FROM post
UNION ALL SELECT 'person_identifier', organisation_path::text FROM person_identifier"""


async def by_code(world: World, code: str, **query: Any) -> dict[str, Any]:
    answer = await world.admin.get("/organisations/by-code/" + code, **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def act(world: World, code: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
    organisation = await by_code(world, code)
    path = f"/organisations/{organisation['organisation_id']}/{action}"
    return await world.admin.must(path, body, If_Match=f'"{organisation["version"]}"')


async def codes(world: World, **query: Any) -> list[str]:
    return [item["code"] for item in (await world.admin.get("/organisations", **query)).json()["items"]]


async def paths(world: World) -> set[str]:
    connection = await asyncpg.connect(world.database.superuser_url)
    try:
        return {row[1] for row in await connection.fetch(PATHS)}
    finally:
        await connection.close()


async def populate(world: World) -> dict[str, Any]:
    await world.admin.must("/classes", school_class())
    await world.admin.must("/staff", staff())
    return await world.admin.must("/learners", learner(enrolment=enrolment(class_name="5A")))


async def test_as_of_reads_the_tree_of_a_day(world: World) -> None:
    s1 = await by_code(world, "S1")
    path = "/organisations/" + s1["organisation_id"]
    await world.admin.patch(path, {"valid_from": "2020-01-01", "name": "Tên hai"}, If_Match='"1"')
    await world.admin.patch(path, {"valid_from": "2023-01-01", "name": "Tên ba", "levels": ["primary"]}, If_Match='"2"')
    assert [(await by_code(world, "S1", as_of=f"{year}-06-01"))["name"] for year in (2019, 2021, 2024)] == [
        "Đơn vị S1",
        "Tên hai",
        "Tên ba",
    ]
    versions = (await world.admin.get(path + "/versions")).json()["items"]
    assert [(item["valid_from"], item["valid_to"]) for item in versions] == [
        ("2015-01-01", "2020-01-01"),
        ("2020-01-01", "2023-01-01"),
        ("2023-01-01", None),
    ]
    assert await codes(world, level="lower_secondary", as_of="2022-01-01") == ["S1", "S2"]
    assert await codes(world, level="lower_secondary") == ["S2"]


async def test_a_moved_school_takes_everything_along(world: World) -> None:
    made = await populate(world)
    before = world.caller("commune_officer@C1")
    assert (await before.get("/learners/" + made["learner_id"])).status_code == 200
    moved = await act(world, "S1", "reparent", {"parent_code": "C2", "change_date": "2026-10-01"})
    assert moved["parent_code"] == "C2"
    after = world.caller("commune_officer@C2")
    for path in ("/learners", "/staff", "/classes"):
        assert len((await after.get(path)).json()["items"]) == 1
        assert (await before.get(path)).json()["items"] == []
    connection = await asyncpg.connect(world.database.superuser_url)
    place = await connection.fetchval("SELECT path::text FROM organisation_path WHERE code = 'S1'")
    await connection.close()
    assert await paths(world) == {place}
    assert await codes(world, parent="C1", as_of="2026-09-30") == ["S1"]
    assert await codes(world, parent="C1", as_of="2026-10-01") == []
    gone = [item for item in (await before.get("/learners/changes")).json()["items"] if item["key"] == made["learner_id"]]
    assert gone[-1]["kind"] == "deleted"
    assert (await after.get("/learners/changes")).json()["items"][-1]["kind"] == "changed"


async def test_a_moved_commune_cuts_the_history_of_its_schools(world: World) -> None:
    await world.organisation("P2", "province", None)
    await world.organisation("D1", "site", "S1")
    await act(world, "C1", "reparent", {"parent_code": "P2", "change_date": "2025-07-01"})
    site = await by_code(world, "D1")
    versions = (await world.admin.get(f"/organisations/{site['organisation_id']}/versions")).json()["items"]
    assert [item["valid_from"] for item in versions] == ["2015-01-01", "2025-07-01"]
    officer = world.caller("province_officer@P2")
    assert [item["code"] for item in (await officer.get("/organisations")).json()["items"]] == ["C1", "D1", "P2", "S1"]
    # A correction of the time before still reaches to where the facts change, not to where the place does.
    await world.admin.patch("/organisations/" + site["organisation_id"], {"valid_from": "2024-01-01", "name": "Điểm"}, If_Match="*")
    assert (await by_code(world, "D1"))["name"] == "Điểm"


async def test_a_move_recorded_ahead_becomes_current_by_itself(world: World) -> None:
    await populate(world)
    await act(world, "S1", "reparent", {"parent_code": "C2", "change_date": "2199-01-01"})
    assert len((await world.caller("commune_officer@C1").get("/learners")).json()["items"]) == 1
    connection = await asyncpg.connect(world.database.superuser_url)
    assert await connection.fetchval("SELECT refresh_organisations('2199-01-01')") == 1
    await connection.close()
    assert len((await world.caller("commune_officer@C2").get("/learners")).json()["items"]) == 1
    await daily.bring_up_to_date(world.database.url)
    assert len((await world.caller("commune_officer@C1").get("/learners")).json()["items"]) == 1


async def test_no_ring(world: World) -> None:
    await world.organisation("D1", "department", "P1")
    await world.organisation("D2", "department", "D1")
    d1 = await by_code(world, "D1")
    path = f"/organisations/{d1['organisation_id']}/reparent"
    for parent in ("D1", "D2"):
        answer = await world.admin.post(path, {"parent_code": parent, "change_date": "2020-01-01"}, If_Match='"1"')
        assert answer.json()["type"] == "urn:lienthong:problem:parent-is-below"


async def test_a_merged_school_goes_on_in_its_successor(world: World) -> None:
    made = await populate(world)
    await world.organisation("D1", "site", "S1")
    old = world.caller("school_admin@S1")
    merged = await act(world, "S1", "merge", {"into_code": "S2", "change_date": "2026-11-01", "legal_basis": "Quyết định 1/QĐ-UBND"})
    s2 = await by_code(world, "S2")
    assert merged["closed_on"] == "2026-11-01"
    assert merged["successors"] == [{"organisation_id": s2["organisation_id"], "change_date": "2026-11-01", "kind": "merged"}]
    assert (await by_code(world, "D1"))["parent_code"] == "S2"
    assert await codes(world) == ["C1", "C2", "D1", "P1", "S2"]
    new = world.caller("school_admin@S2")
    seen = (await new.get("/learners/" + made["learner_id"])).json()
    assert (seen["school_code"], seen["class_id"], seen["status"]) == ("S2", None, "02")
    spells = (await new.get(f"/learners/{made['learner_id']}/enrolments")).json()["items"]
    assert [(spell["valid_from"], spell["valid_to"]) for spell in spells] == [("2026-09-01", "2026-11-01"), ("2026-11-01", None)]
    assert len((await new.get("/classes", school_year=YEAR)).json()["items"]) == 1
    teacher = (await new.get("/staff", school="S2")).json()["items"][0]
    posts = (await new.get("/staff/" + teacher["staff_id"])).json()["posts"]
    assert [(post["organisation_id"], post["valid_to"]) for post in posts] == [
        (merged["organisation_id"], "2026-11-01"),
        (s2["organisation_id"], None),
    ]
    assert (await old.get("/learners")).json()["items"] == []
    assert (await new.get("/organisations/" + merged["organisation_id"])).status_code == 200


async def test_nothing_is_closed_over_what_still_stands_there(world: World) -> None:
    c1 = await by_code(world, "C1")
    refused = await world.admin.post(f"/organisations/{c1['organisation_id']}/close", {"change_date": "2026-10-01"}, If_Match='"1"')
    assert refused.json()["type"] == "urn:lienthong:problem:children-remain"
    await populate(world)
    s1 = await by_code(world, "S1")
    path = f"/organisations/{s1['organisation_id']}/close"
    assert (await world.admin.post(path, {"change_date": "2026-10-01"})).status_code == 428
    refused = await world.admin.post(path, {"change_date": "2026-10-01"}, If_Match='"1"')
    assert refused.json()["type"] == "urn:lienthong:problem:learners-remain"
    replaced = await world.admin.post(path, {"change_date": "2026-10-01", "successor_codes": ["S2"]}, If_Match='"1"')
    assert replaced.json()["successors"][0]["kind"] == "replaced"
    assert len((await world.admin.get("/learners", school="S2")).json()["items"]) == 1
    again = await world.admin.post(path, {"change_date": "2026-10-02"}, If_Match='"2"')
    assert again.json()["type"] == "urn:lienthong:problem:organisation-not-in-force"


async def test_later_versions_are_not_lost(world: World) -> None:
    s1 = await by_code(world, "S1")
    path = "/organisations/" + s1["organisation_id"]
    await world.admin.patch(path, {"valid_from": "2030-01-01", "name": "Sau này"}, If_Match='"1"')
    refused = await world.admin.post(path + "/close", {"change_date": "2026-10-01"}, If_Match='"2"')
    assert refused.json()["type"] == "urn:lienthong:problem:later-versions-exist"
    early = await world.admin.patch(path, {"valid_from": "2014-01-01", "name": "Trước"}, If_Match='"2"')
    assert early.json()["type"] == "urn:lienthong:problem:organisation-not-in-force"


async def test_events_of_a_subtree(world: World) -> None:
    await world.organisation("D1", "site", "S1")
    await act(world, "S1", "reparent", {"parent_code": "C2", "change_date": "2026-10-01"})
    connection = await asyncpg.connect(world.database.superuser_url)
    rows = await connection.fetch(
        "SELECT body::jsonb ->> 'code' AS code, sequence FROM outbox WHERE type LIKE '%reparented.v1' ORDER BY outbox_id"
    )
    states = await connection.fetchval("SELECT count(*) FROM outbox WHERE topic = 'registry.organisation.state' AND sequence = 2")
    await connection.close()
    assert [(row["code"], row["sequence"]) for row in rows] == [("S1", 2), ("D1", 2)]
    assert states == 2
