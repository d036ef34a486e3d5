"""Who may do what: both schools, the applicant, the learner; and everybody else may not."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.egov.conftest import Caller, World, identity
from tests.egov.samples import (
    BS02,
    TC10,
    at_desk,
    draft,
    drafted,
    executed,
    from_outside,
    learner_stands,
    received,
    refused,
    released,
    submitted,
)


async def test_a_draft_is_the_applicants_alone(world: World) -> None:
    dossier = await drafted(world)
    path = f"/dossiers/{dossier['dossier_id']}"
    for caller in (world.sending, world.receiving, world.caller("learner@S1", person_id=world.child_id)):
        assert (await caller.get(path)).status_code == 404
    assert (await world.mother.get(path)).status_code == 200
    dossier = await world.mother.must(dossier, "submit")
    for caller in (world.sending, world.receiving, world.caller("learner@S1", person_id=world.child_id)):
        assert (await caller.get(path)).status_code == 200
        assert len((await caller.get("/dossiers")).json()["items"]) == 1
    for stranger in (world.caller("school_admin@S3"), world.caller("guardian@S1", person_id=str(uuid4()))):
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get("/dossiers")).json()["items"] == []
        assert (await stranger.get(path + "/steps")).status_code == 404
    assert (await world.caller("commune_officer@C2").get(path)).status_code == 200
    assert (await world.caller("province_officer@P1").get(path)).status_code == 200


async def test_each_action_belongs_to_its_side(world: World) -> None:
    dossier = await submitted(world)
    wrong: list[tuple[Caller, str, Any]] = [
        (world.sending, "receive", None),
        (world.sending, "reject", {"reasons": [TC10]}),
        (world.receiving, "release", {}),
        (world.receiving, "withdraw", {}),
    ]
    for caller, action, body in wrong:
        answer = await caller.act(dossier, action, body)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:lienthong:problem:dossier-wrong-side"), action
    told = (await world.receiving.act(dossier, "release")).json()
    assert (told["detail"], told["detail_en"]) == ("Chỉ trường cho chuyển được làm việc này.", "Only the sending school may do this.")
    assert (await world.caller("school_admin@S3").act(dossier, "receive")).status_code == 404


async def test_nobody_decides_their_own_dossier(world: World) -> None:
    dossier = await received(world)
    both = world.caller("school_admin@S2", "guardian@S1", person_id=world.mother_id)
    assert (await both.act(dossier, "approve", {})).status_code == 403


async def test_actions_need_the_version_that_was_read(world: World) -> None:
    dossier = await drafted(world)
    path = f"/dossiers/{dossier['dossier_id']}/submit"
    assert (await world.mother.post(path)).status_code == 428
    assert (await world.mother.post(path, if_match='"99"')).status_code == 412
    done = await world.mother.post(path, if_match='"1"', idempotency_key="k1")
    assert done.status_code == 200
    again = await world.mother.client.post("/egov/v1" + path, json={}, headers=world.mother.headers | {"if-match": '"1"'})
    assert again.status_code == 412
    wrong = await world.mother.act(done.json(), "submit")
    assert wrong.status_code == 409


async def test_a_repeated_request_gets_the_first_answer(world: World) -> None:
    mother = world.mother
    first = await mother.post("/dossiers", draft(world), idempotency_key="draft-1")
    second = await mother.post("/dossiers", draft(world), idempotency_key="draft-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["dossier_id"] == second.json()["dossier_id"]
    assert second.headers["idempotency-replayed"] == "true"
    other = await mother.post("/dossiers", draft(world, ground="hardship"), idempotency_key="draft-1")
    assert other.status_code == 422
    dossier = first.json()
    one = await mother.act(dossier, "submit", idempotency_key="submit-1")
    two = await mother.act(dossier, "submit", idempotency_key="submit-1")
    assert one.json() == two.json()
    assert len([name for name, _ in await world.published() if name == "dossier.submitted.v1"]) == 1


async def test_only_guardians_in_the_registry_file_for_a_child(world: World) -> None:
    stranger = world.caller("guardian@S1", person_id=str(uuid4()))
    answer = await stranger.post("/dossiers", draft(world))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_learner")
    world.registry.guardians[world.learner_id] = []
    admin = world.caller("school_admin@S1", "guardian@S1", person_id=world.mother_id)
    seen = await admin.post("/dossiers", draft(world))  # may read the child, but is no guardian of it
    assert (seen.status_code, seen.json()["errors"][0]["code"]) == (422, "unknown_learner")
    nobody = await world.mother.post("/dossiers", draft(world, learner_id=str(uuid4())))
    assert nobody.status_code == 422


async def test_the_registry_down_means_try_again(world: World) -> None:
    world.registry.down = True
    answer = await world.mother.post("/dossiers", draft(world))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:lienthong:problem:unavailable")
    assert answer.headers["retry-after"]
    world.registry.down = False
    assert (await world.mother.post("/dossiers", draft(world))).status_code == 201


async def test_whoever_asks_the_registry_too_often_is_told_how_long_to_wait(world: World) -> None:
    world.registry.busy = True
    answer = await world.mother.post("/dossiers", draft(world))
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:lienthong:problem:too-many-requests")
    assert answer.headers["retry-after"] == "7"
    assert "wait" in answer.json()["detail_en"]


async def test_bad_drafts_are_told_field_by_field(world: World) -> None:
    mother = world.mother
    cases: list[tuple[dict[str, Any], str, str]] = [
        (draft(world, receiving_school_code="S9"), "/receiving_school_code", "unknown_school"),
        (draft(world, receiving_school_code="C2"), "/receiving_school_code", "unknown_school"),
        (draft(world, receiving_school_code="S1"), "/receiving_school_code", "same_school"),
        (draft(world, papers=[{"key": "residence_book"}]), "/papers/0/key", "unknown_paper"),
        (draft(world, applicant_name="Mai\0"), "/applicant_name", "control_character"),
        (draft(world, ground="whim"), "/ground", "literal_error"),
        (draft(world, aplicant_phone="x"), "/aplicant_phone", "extra_forbidden"),
        (draft(world, learner_id=None), "/", "one_of"),
        (from_outside() | {"learner_id": world.learner_id}, "/", "one_of"),
        (at_desk(learner_id=world.learner_id), "/", "one_of"),
        (from_outside() | {"learner": at_desk()["learner"]}, "/", "one_of"),
        (at_desk(learner={"birth_date": "02/03/2015"}), "/learner/birth_date", "string_pattern_mismatch"),
    ]
    for body, pointer, code in cases:
        answer = await mother.post("/dossiers", body)
        assert answer.status_code == 422, answer.text
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    world.registry.learners[world.learner_id] |= {"school_id": None, "school_code": None}
    assert (await mother.post("/dossiers", draft(world))).json()["errors"][0]["code"] == "not_enrolled"
    desk = await world.receiving.post("/dossiers", from_outside())
    assert desk.json()["errors"][0]["code"] == "channel"


async def test_of_two_at_once_exactly_one_wins(world: World) -> None:
    dossier = await submitted(world)
    answers = await asyncio.gather(*(world.receiving.act(dossier, "receive") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert [step["action"] for step in await world.mother.steps(dossier)] == ["draft", "submit", "receive"]


async def test_a_learner_has_one_open_dossier(world: World) -> None:
    await submitted(world)
    second = await drafted(world, receiving_school_code="S3")
    answer = await world.mother.act(second, "submit")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:dossier-already-open")


async def test_both_schools_follow_the_change_feed(world: World) -> None:
    dossier = await submitted(world)
    for caller in (world.sending, world.receiving):
        items = (await caller.get("/dossiers/changes")).json()["items"]
        assert {item["key"] for item in items} == {dossier["dossier_id"]}
    assert (await world.caller("school_admin@S3").get("/dossiers/changes")).json()["items"] == []


async def test_access_follows_a_school_that_moves_in_the_tree(world: World) -> None:
    dossier = await submitted(world)
    moved = "UPDATE organisation_path s SET path = c.path || subpath(s.path, -1) FROM organisation_path c WHERE s.code = $1 AND c.code = $2"
    await world.rows(moved, "S2", "C3")
    assert (await world.caller("commune_officer@C3").get(f"/dossiers/{dossier['dossier_id']}")).status_code == 200
    assert (await world.caller("commune_officer@C2").get(f"/dossiers/{dossier['dossier_id']}")).status_code == 404


async def test_without_a_scope_nothing_is_visible(world: World) -> None:
    await submitted(world)
    connection = await asyncpg.connect(world.database.url)
    for query in (
        "SELECT count(*) FROM dossier",
        "SELECT count(*) FROM dossier_step",
        "SELECT count(*) FROM change",
        "SELECT count(*) FROM audit",
    ):
        assert await connection.fetchval(query) == 0, query
        assert (await world.rows(query))[0][0] > 0, query
    await connection.close()


async def test_replays_and_facts_out_of_order_change_nothing(world: World) -> None:
    dossier = await released(world, class_id=str(identity("5B")))
    early = await learner_stands(world, 2, "S2", "5B", "transferred")  # the learner's event overtakes the transfer's
    assert (await world.receiving.read(dossier))["stage"] == "released"
    told = await executed(world, dossier["dossier_id"])
    assert (await world.receiving.read(dossier))["stage"] == "assigned"
    count = len(await world.published())
    for record in (told, early, told):
        await world.apply(record)
    await executed(world, dossier["dossier_id"])
    await refused(world, dossier["dossier_id"])
    await learner_stands(world, 1, "S1", None)
    after = await world.receiving.read(dossier)
    assert (after["stage"], len(await world.published())) == ("assigned", count)


async def test_a_refused_move_is_flagged_with_owner_and_age_and_tried_again(world: World) -> None:
    dossier = await released(world, class_id=world.add_class("5Z"))
    await refused(world, dossier["dossier_id"], "unknown_class")
    flagged = await world.receiving.read(dossier)
    assert (flagged["stage"], flagged["owner"], flagged["flag_reason"]) == ("flagged", "receiving_school", "unknown_class")
    assert flagged["step_due_at"]
    assert (await world.published())[-1][1]["reason"] == "unknown_class"
    again = await world.receiving.must(flagged, "retry", {"class_id": None, "note": "đã sửa lớp"})
    assert (again["stage"], again["attempt"], again["class_id"]) == ("released", 2, None)
    name, order = (await world.published())[-1]
    assert (name, order["dossier_id"]) == ("transfer.decided.v1", dossier["dossier_id"] + ".2")
    await refused(world, dossier["dossier_id"], "unknown_class")  # the first attempt's answer once more, under another event id
    assert (await world.receiving.read(dossier))["stage"] == "released"
    await executed(world, dossier["dossier_id"] + ".2")
    assert (await world.receiving.read(dossier))["stage"] == "moved"


async def test_a_flagged_dossier_may_be_stopped(world: World) -> None:
    dossier = await released(world)
    await refused(world, dossier["dossier_id"], "not_in_from_school")
    flagged = await world.receiving.read(dossier)
    stopped = await world.receiving.must(flagged, "stop", {"reason": "học sinh đã chuyển theo hồ sơ khác"})
    assert (stopped["stage"], stopped["status"], stopped["owner"]) == ("stopped", 8, None)


async def test_answers_about_dossiers_that_are_not_here(world: World) -> None:
    await executed(world, "H-1")  # another desk's number
    with pytest.raises(AssertionError, match="UnknownDossierError"):
        await executed(world, str(uuid4()))


async def test_supplements_are_told_to_the_applicant_only_through_the_desk(world: World) -> None:
    dossier = await submitted(world)
    assert (await world.sending.act(dossier, "request-supplement", {"reasons": [BS02]})).status_code == 403
