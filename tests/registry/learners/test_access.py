"""Relations give access to single learners: the learner, a guardian, the homeroom teacher; decided in the database."""

from tests.registry.conftest import World
from tests.registry.samples import enrolment, learner, ministry_code, person, school_class, staff

POST = {"organisation_code": "S2", "role": "teacher", "started_on": "2026-09-01"}


async def test_a_guardian_sees_the_child_and_nobody_else(world: World) -> None:
    child, other = await world.admin.must("/learners", learner()), await world.admin.must("/learners", learner())
    named = await world.admin.must("/guardians", {"learner_id": child["learner_id"], "relation": "father", "person": person()})
    guardian = world.caller("guardian@S1", person_id=named["guardian_person_id"])
    assert (await guardian.get("/learners/" + child["learner_id"])).json()["full_name"] == child["full_name"]
    assert (await guardian.get("/learners/" + other["learner_id"])).status_code == 404
    assert len((await guardian.get("/learners")).json()["items"]) == 1
    assert len((await guardian.get(f"/learners/{child['learner_id']}/enrolments")).json()["items"]) == 1
    assert (await guardian.patch("/learners/" + child["learner_id"], {"sex": 2}, If_Match="*")).status_code == 403


async def test_a_learner_sees_themselves_with_the_name_of_the_class(world: World) -> None:
    await world.admin.must("/classes", school_class())
    made = await world.admin.must("/learners", learner(enrolment=enrolment(class_name="5A")))
    me = world.caller("learner@S1", person_id=made["person_id"])
    assert (await me.get("/learners/" + made["learner_id"])).json()["class_name"] == "5A"
    assert len((await me.get("/learners")).json()["items"]) == 1


async def test_a_homeroom_teacher_sees_the_class(world: World) -> None:
    teacher = await world.admin.must("/staff", staff())
    await world.admin.must("/classes", school_class(homeroom_staff_id=teacher["staff_id"]))
    await world.admin.must("/classes", school_class(name="5B"))
    mine = await world.admin.must("/learners", learner(enrolment=enrolment(class_name="5A")))
    await world.admin.must("/learners", learner(enrolment=enrolment(class_name="5B")))
    seen = await world.caller("teacher@S1", person_id=teacher["person_id"]).get("/learners")
    assert [item["learner_id"] for item in seen.json()["items"]] == [mine["learner_id"]]
    own = await world.caller("teacher@S1", person_id=teacher["person_id"]).get("/staff")
    assert [item["staff_id"] for item in own.json()["items"]] == [teacher["staff_id"]]


async def test_a_relation_without_a_person_shows_nothing(world: World) -> None:
    await world.admin.must("/learners", learner())
    assert (await world.caller("guardian@S1").get("/learners")).json()["items"] == []


async def test_a_parent_of_two_children_is_one_person(world: World) -> None:
    children = [await world.admin.must("/learners", learner()) for _ in range(2)]
    parent = person(identifiers=[{"kind": "personal_number", "value": "010088001234"}])
    named = [
        await world.admin.must("/guardians", {"learner_id": child["learner_id"], "relation": "father", "person": parent})
        for child in children
    ]
    assert named[0]["guardian_person_id"] == named[1]["guardian_person_id"]
    seen = await world.caller("guardian@S1", person_id=named[0]["guardian_person_id"]).get("/learners")
    assert len(seen.json()["items"]) == 2


async def test_schools_share_the_record_of_a_parent_who_teaches(world: World) -> None:
    number = [{"kind": "personal_number", "value": "010088001234"}]
    child = await world.admin.must("/learners", learner())
    named = await world.caller("school_admin@S1").must(
        "/guardians", {"learner_id": child["learner_id"], "relation": "father", "person": person(identifiers=number)}
    )
    other = world.caller("school_admin@S2")
    mistaken = await other.post("/staff", staff(**person(full_name="Người khác", identifiers=number)) | {"post": POST})
    assert mistaken.json()["type"] == "urn:lienthong:problem:identifier-taken"
    made = await other.must("/staff", staff(**person(identifiers=[*number, ministry_code()])) | {"post": POST})
    assert made["person_id"] == named["guardian_person_id"]
    assert len(made["identifiers"]) == 2
    again = await other.post("/staff", staff(**person(identifiers=number)) | {"post": POST})
    assert again.json()["type"] == "urn:lienthong:problem:staff-exists"
    listed = await world.caller("school_admin@S1").get(f"/learners/{child['learner_id']}/guardians")
    assert listed.json()["items"][0]["full_name"] == "Giàng Seo Lử"
    second = await world.admin.must("/learners", learner(enrolment=enrolment(school_code="S2")))
    both = {"learner_id": second["learner_id"], "relation": "father", "person": person(identifiers=number)}
    assert (await other.must("/guardians", both))["guardian_person_id"] == made["person_id"]


async def test_guardians_are_named_once(world: World) -> None:
    child = await world.admin.must("/learners", learner())
    body = {"learner_id": child["learner_id"], "relation": "mother", "person": person()}
    named = await world.admin.must("/guardians", body)
    again = await world.admin.post(
        "/guardians", {"learner_id": child["learner_id"], "relation": "mother", "person_id": named["guardian_person_id"]}
    )
    assert again.json()["type"] == "urn:lienthong:problem:guardian-known"
    both = await world.admin.post("/guardians", body | {"person_id": named["guardian_person_id"]})
    assert both.status_code == 422
    own = await world.admin.post("/guardians", {"learner_id": child["learner_id"], "relation": "other", "person_id": child["person_id"]})
    assert own.status_code == 422
    unknown = await world.caller("school_admin@S2").post("/guardians", body)
    assert unknown.json()["errors"][0]["code"] == "unknown_learner"
    listed = await world.admin.get(f"/learners/{child['learner_id']}/guardians")
    assert [item["full_name"] for item in listed.json()["items"]] == ["Giàng Seo Lử"]
