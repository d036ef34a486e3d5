"""School years and classes over HTTP."""

import asyncio
from typing import Any

from tests.registry.conftest import World
from tests.registry.samples import YEAR, school_class, staff


async def test_school_years(world: World) -> None:
    body = {"starts_on": "2017-09-05", "ends_on": "2018-05-31"}
    made = await world.admin.put("/school-years/2017-2018", body)
    again = await world.admin.put("/school-years/2017-2018", body)
    assert made.json() == again.json() == {"school_year": "2017-2018", "version": 1} | body
    moved = await world.admin.put("/school-years/2017-2018", body | {"ends_on": "2018-06-15"})
    assert moved.json()["version"] == 2
    assert (await world.admin.get("/school-years/2017-2018")).json() == moved.json()
    assert [item["school_year"] for item in (await world.admin.get("/school-years")).json()["items"]] == ["2017-2018", YEAR]
    assert (await world.admin.put("/school-years/2017-2018", body | {"ends_on": "2017-09-05"})).status_code == 422
    assert (await world.admin.put("/school-years/2017-2019", body)).status_code == 422
    assert (await world.admin.get("/school-years/2019-2020")).status_code == 404
    assert (await world.caller("school_admin@S1").put("/school-years/2017-2018", body)).status_code == 403


async def test_open_and_read(world: World) -> None:
    await world.organisation("D1", "site", "S1")
    teacher = await world.admin.must("/staff", staff())
    made = await world.admin.must("/classes", school_class(site_code="D1", homeroom_staff_id=teacher["staff_id"]), Idempotency_Key="c")
    assert made == await world.admin.must(
        "/classes", school_class(site_code="D1", homeroom_staff_id=teacher["staff_id"]), Idempotency_Key="c"
    )
    assert (made["school_code"], made["homeroom_staff_id"]) == ("S1", teacher["staff_id"])
    assert (await world.admin.get("/classes/" + made["class_id"])).json() == made
    listed = await world.admin.get("/classes", school="S1", school_year=YEAR, grade=5, level="primary")
    assert listed.json()["items"] == [made]
    assert (await world.admin.get("/classes/changes")).json()["items"][0]["key"] == made["class_id"]


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"school_code": "NONE"}, "/school_code", "unknown_school"),
    ({"school_code": "C1"}, "/school_code", "not_a_school"),
    ({"school_year": "2030-2031"}, "/school_year", "unknown_school_year"),
    ({"grade": 6}, "/grade", "grade_level"),
    ({"level": "upper_secondary", "grade": 10}, "/level", "level_not_taught"),
    ({"site_code": "D9"}, "/site_code", "unknown_site"),
    ({"homeroom_staff_id": "019b0000-0000-7000-8000-000000000000"}, "/homeroom_staff_id", "unknown_staff"),
    ({"name": ""}, "/name", "string_too_short"),
)


async def test_bad_input_names_field_and_rule(world: World) -> None:
    for change, pointer, code in BAD:
        answer = await world.admin.post("/classes", school_class(**change))
        assert answer.status_code == 422, answer.text
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}, answer.text


async def test_a_name_is_used_once_in_a_year(world: World) -> None:
    answers = await asyncio.gather(*(world.admin.post("/classes", school_class()) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "urn:lienthong:problem:class-name-taken"
    await world.admin.must("/classes", school_class(name="5B"))
    listed = (await world.admin.get("/classes", sort="name")).json()["items"]
    renamed = await world.admin.patch("/classes/" + listed[1]["class_id"], {"name": "5A"}, If_Match='"1"')
    assert renamed.status_code == 409


async def test_upsert_by_key(world: World) -> None:
    made = await world.admin.put("/classes/by-key", school_class())
    again = await world.admin.put("/classes/by-key", school_class())
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    changed = await world.admin.put("/classes/by-key", school_class(studies_informatics=True))
    assert (changed.json()["studies_informatics"], changed.json()["version"]) == (True, 2)


async def test_change(world: World) -> None:
    made = await world.admin.must("/classes", school_class())
    path = "/classes/" + made["class_id"]
    assert (await world.admin.patch(path, {"name": "5C"})).status_code == 428
    changed = await world.admin.patch(path, {"name": "5C", "grade": None}, If_Match='"1"')
    assert (changed.json()["name"], changed.json()["grade"], changed.json()["version"]) == ("5C", None, 2)
    assert (await world.admin.patch(path, {"name": "5D"}, If_Match='"1"')).status_code == 412
    assert (await world.admin.patch(path, {"grade": 9}, If_Match='"2"')).json()["errors"][0]["code"] == "grade_level"


async def test_other_schools_see_nothing(world: World) -> None:
    made = await world.admin.must("/classes", school_class())
    other = world.caller("school_admin@S2")
    assert (await other.get("/classes/" + made["class_id"])).status_code == 404
    assert (await other.get("/classes")).json()["items"] == []
    assert (await other.get("/classes/changes")).json()["items"] == []
    assert (await other.patch("/classes/" + made["class_id"], {"name": "X"}, If_Match="*")).status_code == 404
    assert (await other.put("/classes/by-key", school_class())).json()["errors"][0]["code"] == "unknown_school"
