"""A transfer filed at a desk for a learner of another school, by what the papers say."""

from uuid import uuid4

from tests.egov.conftest import World
from tests.egov.samples import at_desk, draft

MATCH = "/registry/v1/learners/match"


async def test_a_desk_files_by_papers(world: World) -> None:
    clerk = world.caller("clerk@S2")
    for channel in ("counter", "post"):
        answer = await clerk.post("/dossiers", at_desk(channel=channel))
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["learner_id"], made["sending_school_code"], made["channel"]) == (world.learner_id, "S1", channel)
        assert (made["applicant_person_id"], made["relation_verified"]) == (None, False)
    assert world.registry.calls == [MATCH, MATCH]


async def test_papers_that_name_nobody_do_not_say_why(world: World) -> None:
    bodies = set()
    for wrong in ({"ministry_code": "9100000018"}, {"full_name": "Giàng A"}, {"birth_date": "2015-03"}):
        answer = await world.caller("clerk@S2").post("/dossiers", at_desk(learner=wrong))
        assert answer.status_code == 422, answer.text
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/learner", "unmatched_learner")]
        bodies.add(answer.text.replace(answer.headers["x-request-id"], ""))
    assert len(bodies) == 1
    assert (await world.caller("clerk@S2").get("/dossiers")).json()["items"] == []


async def test_online_a_child_is_named_by_id_alone(world: World) -> None:
    own = world.caller("clerk@S2", "guardian@S1", person_id=world.mother_id)
    cases = [(world.mother, "online"), (world.mother, "counter"), (world.mother, "post"), (own, "online"), (world.receiving, "online")]
    for caller, channel in cases:
        answer = await caller.post("/dossiers", at_desk(channel=channel))
        assert answer.status_code == 422, answer.text
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/learner", "desk_only")]
    assert world.registry.calls == [], "nobody online makes the registry look past its row security"
    assert (await world.mother.post("/dossiers", draft(world))).status_code == 201


async def test_what_a_desk_may_not_file_papers_do_not_open(world: World) -> None:
    elsewhere = await world.caller("clerk@S3").post("/dossiers", at_desk())
    assert [one["code"] for one in elsewhere.json()["errors"]] == ["not_your_school"]
    same = await world.caller("clerk@S1").post("/dossiers", at_desk(receiving_school_code="S1"))
    assert [one["code"] for one in same.json()["errors"]] == ["same_school"]
    stranger = await world.caller("learner@S1", person_id=str(uuid4())).post("/dossiers", at_desk())
    assert stranger.status_code == 403
    world.registry.learners[world.learner_id] |= {"school_id": None, "school_code": None}
    nowhere = await world.caller("clerk@S2").post("/dossiers", at_desk())
    assert [(one["pointer"], one["code"]) for one in nowhere.json()["errors"]] == [("/learner", "not_enrolled")]
    world.registry.down = True
    assert (await world.caller("clerk@S2").post("/dossiers", at_desk())).status_code == 503
