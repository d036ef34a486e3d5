"""Wrong orders, repeated actions, stale versions, strangers: in every stage, what is not due is refused and changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from libs.common.db.engine import Database
from libs.common.events.topics import REGISTRY_LEARNER
from services.egov import upkeep
from services.egov.dossiers import rules
from services.egov.dossiers.rules import Action, Stage
from tests.egov.conftest import Caller, World, identity
from tests.egov.samples import (
    BS02,
    TC10,
    approved,
    draft,
    drafted,
    executed,
    learner_stands,
    received,
    refused,
    released,
    submitted,
)

Dossier = dict[str, Any]
ROOM = "5B"
COUNTS = """
SELECT (SELECT max(version) FROM dossier), (SELECT count(*) FROM dossier), (SELECT count(*) FROM dossier_step),
    (SELECT count(*) FROM outbox), (SELECT count(*) FROM audit), (SELECT count(*) FROM change)"""


async def short(world: World) -> Dossier:
    return await world.receiving.must(await submitted(world), "request-supplement", {"reasons": [BS02]})


async def closed(world: World) -> Dossier:
    dossier = await short(world)
    database = Database(world.database.url, pool_size=1)
    try:
        world.hands.go(days=40)
        assert await upkeep.close_forgotten(database, world.hands.at) == 1
    finally:
        await database.close()
    return dossier


async def flagged(world: World) -> Dossier:
    dossier = await released(world)
    await refused(world, dossier["dossier_id"])
    return dossier


async def moved(world: World) -> Dossier:
    dossier = await released(world)
    await executed(world, dossier["dossier_id"])
    await learner_stands(world, 2, "S2", None, "transferred")
    return dossier


async def assigned(world: World) -> Dossier:
    dossier = await moved(world)
    await learner_stands(world, 3, "S2", ROOM)
    return dossier


async def rejected(world: World) -> Dossier:
    return await world.receiving.must(await submitted(world), "reject", {"reasons": [TC10]})


async def short_while_handling(world: World) -> Dossier:
    return await world.receiving.must(await received(world), "request-supplement", {"reasons": [BS02]})


async def not_taken(world: World) -> Dossier:
    return await world.receiving.must(await received(world), "refuse", {"reasons": [TC10]})


async def returned(world: World) -> Dossier:
    dossier = await assigned(world)
    return await world.receiving.must(await world.receiving.read(dossier), "return")


async def withdrawn(world: World) -> Dossier:
    return await world.mother.must(await submitted(world), "withdraw")


async def stopped(world: World) -> Dossier:
    return await world.receiving.must(await approved(world), "stop", {"reason": "gia đình ở lại"})


REACH: dict[Stage, Callable[[World], Awaitable[Dossier]]] = {
    Stage.DRAFT: drafted,
    Stage.SUBMITTED: submitted,
    Stage.SUPPLEMENT_AT_INTAKE: short,
    Stage.NOT_RECEIVED: rejected,
    Stage.RECEIVED: received,
    Stage.SUPPLEMENT_WHILE_HANDLING: short_while_handling,
    Stage.APPROVED: approved,
    Stage.REFUSED: not_taken,
    Stage.RELEASED: released,
    Stage.FLAGGED: flagged,
    Stage.MOVED: moved,
    Stage.ASSIGNED: assigned,
    Stage.RETURNED: returned,
    Stage.WITHDRAWN: withdrawn,
    Stage.STOPPED: stopped,
    Stage.CLOSED: closed,
}
REASONED = {"reasons": [TC10]}
BODIES: dict[Action, Any] = {
    Action.EDIT: {"explanation": "đổi ý"},
    Action.REJECT: REASONED,
    Action.REFUSE: REASONED,
    Action.REQUEST_SUPPLEMENT: {"reasons": [BS02]},
    Action.SUPPLEMENT: {"note": "đã bổ sung"},
    Action.POSTPONE: {"reason": "hiệu trưởng đi công tác", "new_due_date": "2027-03-01"},
    Action.RETRY: {"note": "đã sửa"},
    Action.STOP: {"reason": "gia đình ở lại"},
}
ASKED = [action for action, deed in rules.ACTIONS.items() if deed.permission]


async def act(caller: Caller, dossier: Dossier, action: Action, **headers: str) -> httpx.Response:
    path, body = f"/dossiers/{dossier['dossier_id']}", BODIES.get(action, {})
    if action is Action.TAKE_RECORDS:
        body = {"learner_id": dossier["learner_id"]}
    if action is Action.EDIT:
        return await caller.send("PATCH", path, body, **headers)
    return await caller.post(f"{path}/{action.replace('_', '-')}", body, **headers)


def test_every_stage_is_reached() -> None:
    assert set(REACH) == set(Stage)


@pytest.mark.parametrize("stage", list(Stage))
async def test_what_is_not_due_is_refused_and_changes_nothing(world: World, stage: Stage) -> None:
    dossier = await world.mother.read(await REACH[stage](world))
    assert dossier["stage"] == stage
    schools = world.caller("school_admin@S1", "school_admin@S2")
    stranger = world.caller("school_admin@S3", "guardian@S3", person_id=str(identity("nobody")))
    world.add_learner(world.learner_id, world.child_id, world.mother_id)
    world.registry.guardians[world.learner_id].append(str(identity("nobody")))
    now, before = {"if_match": f'"{dossier["version"]}"'}, await world.rows(COUNTS)
    for action in ASKED:
        caller = world.mother if rules.ACTIONS[action].permission == rules.FILE else schools
        assert (await act(stranger, dossier, action, **now)).status_code == 404, action
        if stage is Stage.DRAFT and caller is schools:
            assert (await act(caller, dossier, action, **now)).status_code == 404, action
            continue
        assert (await act(caller, dossier, action)).status_code == 428, action
        assert (await act(caller, dossier, action, if_match='"99"')).status_code == 412, action
        if rules.target(stage, action, outside=False, online=True) is None:
            answer = await act(caller, dossier, action, **now)
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:dossier-action-not-possible"), action
            assert answer.json()["detail"].startswith("Trạng thái hồ sơ: ")
            assert stage in answer.json()["detail_en"]
    assert await world.rows(COUNTS) == before


@pytest.mark.parametrize("action", ["submit", "receive", "approve", "release"])
async def test_a_dossier_of_a_learner_who_has_gone_elsewhere_goes_no_further(world: World, action: str) -> None:
    steps = [("submit", world.mother), ("receive", world.receiving), ("approve", world.receiving), ("release", world.sending)]
    dossier = await drafted(world)
    for name, caller in steps[: [name for name, _ in steps].index(action)]:
        dossier = await caller.must(dossier, name)
    await learner_stands(world, 2, "S3", None, "transferred")
    world.registry.learners[world.learner_id] |= {"school_id": str(identity("S3")), "school_code": "S3", "version": 2}
    before = await world.rows(COUNTS)
    answer = await dict(steps)[action].act(dossier, action)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:dossier-learner-elsewhere")
    assert answer.json()["title"].startswith("Học sinh không còn học")
    assert await world.rows(COUNTS) == before
    caller, way_out = (world.receiving, "stop") if action == "release" else (world.mother, "withdraw")
    ended = await caller.must(dossier, way_out, {"reason": "đã chuyển"} if way_out == "stop" else {})
    assert ended["owner"] is None
    world.add_learner(world.learner_id, world.child_id, world.mother_id, school="S3")
    assert (await submitted(world))["sending_school_code"] == "S3"


async def test_an_old_draft_is_submitted_with_what_the_registry_says_today(world: World) -> None:
    dossier = await drafted(world)
    world.hands.go(days=300)
    world.registry.learners[world.learner_id] |= {"grade": 6, "level": "lower_secondary", "class_id": str(identity("6A")), "version": 4}
    world.registry.down = True
    assert (await world.mother.act(dossier, "submit")).status_code == 503
    world.registry.down = False
    dossier = await world.mother.must(dossier, "submit")
    assert (dossier["grade"], dossier["level"], dossier["learner_class_id"]) == (6, "lower_secondary", str(identity("6A")))
    world.registry.down = True  # whoever has submitted needs the registry no more
    assert (await world.receiving.must(dossier, "receive"))["stage"] == "received"


async def test_a_learner_who_has_left_school_is_not_moved(world: World) -> None:
    dossier = await approved(world)
    spell = {"school_id": str(identity("S1")), "class_id": None, "valid_from": "2026-09-01", "valid_to": "2026-11-01"}
    body = {"learner_id": world.learner_id, "enrolments": [spell]}
    await world.tell(REGISTRY_LEARNER, "learner.left.v1", world.learner_id, 2, body)
    answer = await world.sending.act(dossier, "release")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:dossier-learner-elsewhere")


async def test_a_learner_who_went_on_before_getting_a_class_leaves_no_dossier_that_nobody_can_end(world: World) -> None:
    dossier = await moved(world)
    await learner_stands(world, 3, "S3", "5C", "transferred")
    dossier = await world.receiving.read(dossier)
    assert dossier["stage"] == "moved"
    stopped = await world.receiving.must(dossier, "stop", {"reason": "học sinh đã chuyển tiếp"})
    assert (stopped["status"], stopped["owner"]) == (8, None)
    world.add_learner(world.learner_id, world.child_id, world.mother_id, school="S3")
    assert (await submitted(world))["stage"] == "submitted"


async def test_the_registrys_refusal_waits_for_its_owner_and_shows_its_age(world: World) -> None:
    dossier = await released(world)
    world.hands.go(days=1)
    await refused(world, dossier["dossier_id"], "not_in_from_school")
    world.hands.go(days=9)
    (listed,) = (await world.receiving.get("/dossiers", stage="flagged", owner="receiving_school")).json()["items"]
    assert listed["dossier_id"] == dossier["dossier_id"]
    assert listed["waiting_since"] == "2026-11-10T09:00:00+07:00" or listed["waiting_since"].startswith("2026-11-10T02:00:00")
    assert listed["step_due_at"] > listed["waiting_since"]
    flag = (await world.mother.read(dossier))["flag_reason"]
    assert flag == "not_in_from_school"


async def test_the_same_action_again_under_its_key_is_answered_once_more_and_done_once(world: World) -> None:
    dossier = await received(world)
    principal = world.receiving
    first = await principal.act(dossier, "approve", {}, idempotency_key="once")
    before = await world.rows(COUNTS)
    again = await principal.act(dossier, "approve", {}, idempotency_key="once")
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert (await principal.act(dossier, "approve", {})).status_code == 412
    assert (await principal.act(first.json(), "approve", {})).status_code == 409
    assert await world.rows(COUNTS) == before


async def test_a_second_filing_of_the_same_draft_body_makes_drafts_but_only_one_is_submitted(world: World) -> None:
    one, two = await drafted(world), (await world.mother.post("/dossiers", draft(world))).json()
    await world.mother.must(one, "submit")
    answer = await world.mother.act(two, "submit")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:dossier-already-open")
