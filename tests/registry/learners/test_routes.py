"""Learners over HTTP: registered, read, brought up to date, leaving; and what is refused."""

import asyncio
from typing import Any

import asyncpg

from tests.registry.conftest import Caller, World
from tests.registry.samples import YEAR, enrolment, learner, ministry_code, school_class


async def spells(caller: Caller, learner_id: str) -> list[dict[str, Any]]:
    listed = await caller.get(f"/learners/{learner_id}/enrolments")
    return list(listed.json()["items"])


async def outbox(world: World, topic: str = "registry.learner") -> list[asyncpg.Record]:
    connection = await asyncpg.connect(world.database.superuser_url)
    try:
        return list(await connection.fetch("SELECT type, key, sequence, body FROM outbox WHERE topic = $1 ORDER BY outbox_id", topic))
    finally:
        await connection.close()


async def test_register_and_read(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    read = await world.admin.get("/learners/" + made["learner_id"])
    assert read.json() == made
    assert (made["school_code"], made["given_name"], made["family_name"], made["warnings"]) == ("S1", "Páo", "Giàng", [])
    again = await world.client.get(
        "/registry/v1/learners/" + made["learner_id"], headers=world.admin.headers | {"If-None-Match": read.headers["etag"]}
    )
    assert again.status_code == 304
    assert (await spells(world.admin, made["learner_id"]))[0]["valid_from"] == "2026-09-01"


async def test_an_event_carries_ids_and_no_name(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    events = await outbox(world)
    assert [(event["type"], event["key"]) for event in events] == [
        ("vn.lienthong.registry.learner.registered.v1", made["learner_id"]),
    ]
    body = events[0]["body"] if isinstance(events[0]["body"], str) else events[0]["body"].decode()
    assert "Páo" not in body
    assert '"birth_year":2015' in body


async def test_lists_are_filtered_and_sorted(world: World) -> None:
    await world.admin.must("/classes", school_class())
    for name in ("Vàng A Sử", "Giàng Thị Mẩy", "Đỗ Văn Bình"):
        await world.admin.must("/learners", learner(full_name=name, enrolment=enrolment(class_name="5A")))
    await world.admin.must("/learners", learner(enrolment=enrolment(school_code="S2", grade=4)))
    listed = await world.admin.get("/learners", school="S1", sort="name")
    assert [item["full_name"] for item in listed.json()["items"]] == ["Đỗ Văn Bình", "Giàng Thị Mẩy", "Vàng A Sử"]
    assert [item["full_name"] for item in (await world.admin.get("/learners", q="may")).json()["items"]] == ["Giàng Thị Mẩy"]
    assert len((await world.admin.get("/learners", grade=4)).json()["items"]) == 1
    class_id = listed.json()["items"][0]["class_id"]
    assert len((await world.admin.get("/learners", **{"class": class_id})).json()["items"]) == 3
    first = await world.admin.get("/learners", school="S1", sort="name", limit=2)
    second = await world.admin.get("/learners", school="S1", sort="name", limit=2, cursor=first.json()["next"])
    assert [item["full_name"] for item in second.json()["items"]] == ["Vàng A Sử"]
    assert second.json()["next"] is None
    wrong = await world.admin.get("/learners", school="S2", sort="name", cursor=first.json()["next"])
    assert wrong.status_code == 400


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"birth_date": "2030-01-01"}, "/birth_date", "future_date"),
    ({"birth_date": "2015-02-30"}, "/birth_date", "birth_date_form"),
    ({"identifiers": [{"kind": "ministry_code", "value": "12"}]}, "/identifiers/0/value", "identifier_form"),
    ({"enrolment": enrolment(school_code="NONE")}, "/enrolment/school_code", "unknown_school"),
    ({"enrolment": enrolment(school_code="C1")}, "/enrolment/school_code", "not_a_school"),
    ({"enrolment": enrolment(school_year="2030-2031")}, "/enrolment/school_year", "unknown_school_year"),
    ({"enrolment": enrolment(school_year="2026-2028")}, "/enrolment/school_year", "school_year_form"),
    ({"enrolment": enrolment(grade=6)}, "/enrolment/grade", "grade_level"),
    ({"enrolment": enrolment(level="upper_secondary", grade=10)}, "/enrolment/level", "level_not_taught"),
    ({"enrolment": enrolment(class_name="9Z")}, "/enrolment/class_name", "unknown_class"),
    ({"enrolment": enrolment(left_on="2026-09-01", status="04")}, "/enrolment/left_on", "order"),
    ({"enrolment": enrolment(status="04")}, "/enrolment/status", "leaving_status"),
    ({"enrolment": enrolment(enrolled_on="2014-12-31")}, "/enrolment/school_code", "unknown_school"),
)


async def test_bad_input_names_field_and_rule(world: World) -> None:
    for change, pointer, code in BAD:
        answer = await world.admin.post("/learners", learner(**change))
        assert answer.status_code == 422, (pointer, code)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
        assert all(error["vi"] and error["en"] for error in answer.json()["errors"])


async def test_all_faults_are_told_at_once(world: World) -> None:
    answer = await world.admin.post("/learners", learner(birth_date="2030", enrolment=enrolment(school_code="NONE", grade=9)))
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/birth_date", "/enrolment/school_code", "/enrolment/grade"}


async def test_a_mistyped_personal_number_is_a_warning(world: World) -> None:
    made = await world.admin.must("/learners", learner(identifiers=[{"kind": "personal_number", "value": "010315001234"}]))
    assert made["warnings"] == ["personal_number_sex"]


async def test_an_identifier_belongs_to_one_person(world: World) -> None:
    body = learner()
    await world.admin.must("/learners", body)
    taken = await world.admin.post("/learners", body)
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:lienthong:problem:identifier-taken")
    elsewhere = await world.caller("school_admin@S2").post("/learners", learner(**body | {"enrolment": enrolment(school_code="S2")}))
    assert elsewhere.status_code == 409
    assert "S1" not in elsewhere.text


async def test_a_repeated_request_has_one_effect(world: World) -> None:
    body = learner()
    first = await world.admin.post("/learners", body, Idempotency_Key="a")
    again = await world.admin.post("/learners", body, Idempotency_Key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await world.admin.post("/learners", body | {"full_name": "Khác"}, Idempotency_Key="a")
    assert other.status_code == 422
    assert len((await world.admin.get("/learners")).json()["items"]) == 1


async def test_other_schools_see_nothing(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    other, own, commune = (world.caller(grant) for grant in ("school_admin@S2", "school_admin@S1", "commune_officer@C1"))
    path = "/learners/" + made["learner_id"]
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/learners")).json()["items"] == []
    for below in ("/enrolments", "/guardians"):
        assert (await other.get(path + below)).status_code == 404
        assert (await own.get(path + below)).status_code == 200
    assert (await other.get("/learners/changes")).json()["items"] == []
    assert (await other.patch(path, {"sex": 2}, If_Match='"1"')).status_code == 404
    assert (await other.post(path + "/leave", {"left_on": "2026-10-01", "status": "04"}, If_Match='"1"')).status_code == 404
    assert (await other.post("/learners", learner())).status_code == 422
    for insider in (own, commune):
        assert (await insider.get(path)).json() == made


async def test_a_change_needs_the_present_version(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    path = "/learners/" + made["learner_id"]
    assert (await world.admin.patch(path, {"sex": 2})).status_code == 428
    changed = await world.admin.patch(path, {"full_name": "Giàng  A Pao", "ethnicity": None}, If_Match='"1"')
    assert (changed.status_code, changed.json()["full_name"], changed.json()["ethnicity"]) == (200, "Giàng A Pao", None)
    assert (changed.json()["version"], changed.headers["etag"]) == (2, '"2"')
    assert (await world.admin.patch(path, {"sex": 2}, If_Match='"1"')).status_code == 412


async def test_of_two_changes_at_once_one_wins(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    path = "/learners/" + made["learner_id"]
    answers = await asyncio.gather(*(world.admin.patch(path, {"full_name": "Tên " + letter}, If_Match='"1"') for letter in "ABCDEF"))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


async def test_a_temporary_code_is_replaced_in_place(world: World) -> None:
    made = await world.admin.must("/learners", learner(identifiers=[{"kind": "temporary_code", "value": "TEMP-000000000001"}]))
    code = ministry_code()
    changed = await world.admin.patch("/learners/" + made["learner_id"], {"identifiers": [code]}, If_Match='"1"')
    assert changed.json()["identifiers"] == [code]
    assert (changed.json()["ministry_code"], changed.json()["person_id"]) == (code["value"], made["person_id"])
    fixed = await world.admin.patch("/learners/" + made["learner_id"], {"identifiers": [ministry_code()]}, If_Match='"2"')
    assert fixed.json()["type"] == "urn:lienthong:problem:ministry-code-fixed"


async def test_upsert_by_identifier(world: World) -> None:
    code = ministry_code()["value"]
    body = learner(identifiers=[])
    path = "/learners/by-identifier/ministry_code/" + code
    made = await world.admin.put(path, body)
    assert made.status_code == 201
    again = await world.admin.put(path, body)
    assert (again.status_code, again.json()) == (200, made.json())
    moved = await world.admin.put(path, body | {"enrolment": enrolment(grade=4, studies_informatics=True)})
    assert (moved.json()["grade"], moved.json()["version"]) == (4, 2)
    left = await world.admin.put(path, body | {"enrolment": enrolment(grade=4, left_on="2026-10-01", status="04")})
    assert (left.json()["school_id"], left.json()["status"]) == (None, "04")
    elsewhere = await world.admin.put(path, body | {"enrolment": enrolment(school_code="S2", enrolled_on="2026-10-01")})
    assert elsewhere.json()["school_code"] == "S2"
    assert [spell["school_code"] for spell in await spells(world.admin, made.json()["learner_id"])] == ["S1", "S2"]
    types = [event["type"].rsplit(".", 2)[1] for event in await outbox(world)]
    assert types == ["registered", "changed", "left", "enrolled"]


async def test_the_body_may_not_contradict_the_identifier_of_the_path(world: World) -> None:
    code, other = ministry_code(), ministry_code()
    number = {"kind": "personal_number", "value": "010215001234"}
    path = "/learners/by-identifier/ministry_code/" + code["value"]
    for listed, pointer in (([other], "/identifiers/0/value"), ([number, other], "/identifiers/1/value")):
        refused = await world.admin.put(path, learner(identifiers=listed))
        assert refused.status_code == 422, refused.text
        assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [(pointer, "other_than_path")]
        assert all(one["vi"] and one["en"] for one in refused.json()["errors"])
    twice = await world.admin.put(path, learner(identifiers=[code, code]))
    assert [one["code"] for one in twice.json()["errors"]] == ["repeated"]
    assert (await world.admin.get("/learners")).json()["items"] == []
    made = await world.admin.put(path, learner(identifiers=[number, code]))
    assert (made.status_code, made.json()["identifiers"]) == (201, [code, number])
    again = await world.admin.put(path, learner(identifiers=[code]))
    assert (again.status_code, again.json()) == (200, made.json())
    refused = await world.admin.put(path, learner(identifiers=[other]))
    assert (refused.status_code, (await world.admin.get("/learners")).json()["items"][0]["version"]) == (422, 1)


async def test_faults_of_an_upsert_point_at_what_was_sent(world: World) -> None:
    wrong = {"kind": "personal_number", "value": "1"}
    path = "/learners/by-identifier/ministry_code/"
    in_body = await world.admin.put(path + ministry_code()["value"], learner(identifiers=[wrong]))
    assert [one["pointer"] for one in in_body.json()["errors"]] == ["/identifiers/0/value"]
    in_path = await world.admin.put(path + "12", learner(identifiers=[]))
    assert [(one["pointer"], one["code"]) for one in in_path.json()["errors"]] == [("path/value", "identifier_form")]


async def test_never_in_two_schools(world: World) -> None:
    code = ministry_code()["value"]
    path = "/learners/by-identifier/ministry_code/" + code
    await world.admin.put(path, learner(identifiers=[]))
    refused = await world.admin.put(path, learner(identifiers=[], enrolment=enrolment(school_code="S2", enrolled_on="2026-10-01")))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:lienthong:problem:learner-already-enrolled")


async def test_a_learner_leaves(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    path = f"/learners/{made['learner_id']}/leave"
    wrong = await world.admin.post(path, {"left_on": "2026-10-01", "status": "01"}, If_Match='"1"')
    assert wrong.json()["errors"][0]["code"] == "not_a_leaving_status"
    left = await world.admin.post(path, {"left_on": "2026-10-01", "status": "05"}, If_Match='"1"')
    assert (left.json()["school_id"], left.json()["status"]) == (None, "05")
    again = await world.admin.post(path, {"left_on": "2026-10-02", "status": "05"}, If_Match='"2"')
    assert again.json()["type"] == "urn:lienthong:problem:spell-not-open"
    assert (await world.caller("school_admin@S1").get("/learners/" + made["learner_id"])).status_code == 200


async def test_a_new_school_year_is_a_new_spell(world: World) -> None:
    await world.admin.put("/school-years/2025-2026", {"starts_on": "2025-09-05", "ends_on": "2026-05-31"})
    made = await world.admin.must("/learners", learner(enrolment=enrolment(school_year="2025-2026", grade=4, enrolled_on="2025-09-05")))
    await world.admin.must("/classes", school_class())
    change = {"school_year": YEAR, "grade": 5, "class_name": "5A", "changed_on": "2026-09-05"}
    changed = await world.admin.patch("/learners/" + made["learner_id"], change, If_Match='"1"')
    assert (changed.json()["grade"], changed.json()["class_name"]) == (5, "5A")
    both = await spells(world.admin, made["learner_id"])
    assert [(spell["school_year"], spell["valid_from"], spell["valid_to"]) for spell in both] == [
        ("2025-2026", "2025-09-05", "2026-09-05"),
        (YEAR, "2026-09-05", None),
    ]


async def test_the_change_feed_tells_everything_once(world: World) -> None:
    made = [await world.admin.must("/learners", learner()) for _ in range(3)]
    feed = await world.admin.get("/learners/changes", limit=2)
    rest = await world.admin.get("/learners/changes", cursor=feed.json()["next"])
    keys = [item["key"] for page in (feed, rest) for item in page.json()["items"]]
    assert keys == [one["learner_id"] for one in made]
    nothing = await world.admin.get("/learners/changes", cursor=rest.json()["next"])
    assert nothing.json()["items"] == []
