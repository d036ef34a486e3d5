"""What the desk may do and when: supplements, refusals, new appointments, withdrawal, closing; lateness is judged by the promise."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.common.clock import VIETNAM
from libs.common.db.engine import Database
from libs.common.events.topics import REGISTRY_ORGANISATION_STATE
from services.egov import upkeep
from tests.egov.conftest import World, identity
from tests.egov.samples import BS02, TC10, approved, draft, drafted, from_outside, learner_stands, received, state, submitted


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


async def test_a_supplement_at_intake_is_asked_once(world: World) -> None:
    dossier = await submitted(world)
    dossier = await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02]})
    assert (dossier["status"], dossier["owner"], dossier["supplements_at_intake"]) == (5, "applicant", 1)
    assert datetime.fromisoformat(dossier["step_due_at"]).astimezone(VIETNAM).date() == at("2026-11-25").date()  # the 24th is a day off
    notice = (await world.mother.steps(dossier))[-1]
    assert notice["form"] == "02"
    assert "lý do chuyển trường" in notice["details"]["reasons"][0]["text_vi"]
    changed = await world.mother.send("PATCH", f"/dossiers/{dossier['dossier_id']}", {"explanation": "bố mẹ chuyển nơi ở"}, if_match="*")
    assert changed.status_code == 200, changed.text
    dossier = await world.mother.must(changed.json(), "supplement", {"papers": [{"key": "result_summary"}]})
    assert dossier["status"] == 1
    again = await world.receiving.act(dossier, "request-supplement", {"reasons": [BS02]})
    assert (again.status_code, again.json()["type"]) == (409, "urn:lienthong:problem:dossier-already-supplemented")
    excused = await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02], "supervisor_reason": "mẫu sai lần nữa"})
    assert excused["supplements_at_intake"] == 2


async def test_a_supplement_while_handling_starts_the_limit_again_from_zero(world: World) -> None:
    dossier = await received(world)
    world.hands.go(days=1)
    dossier = await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02]})
    assert dossier["stage"] == "supplement_while_handling"
    world.hands.go(days=7)
    dossier = await world.mother.must(dossier, "supplement", {"note": "đã bổ sung"})
    assert dossier["stage"] == "received"
    assert datetime.fromisoformat(dossier["due_at"]) == at("2026-11-25T17:00")
    assert [why["what"] for why in dossier["clock"]["why"]][1] == "stopped (restart)"
    assert dossier["received_at"] < dossier["due_at"]
    assert dossier["code"] == "H38-261109-0001"


async def test_an_excused_second_supplement_while_handling_starts_the_limit_again_too(world: World) -> None:
    dossier = await received(world)
    for told, supplied in (("2026-11-10T09:00", "2026-11-11T09:00"), ("2026-11-12T09:00", "2026-11-30T09:00")):
        world.hands.at = at(told)
        asked = {"reasons": [BS02], "supervisor_reason": "mẫu sai lần nữa"}
        dossier = await world.receiving.must(dossier, "request-supplement", asked)
        world.hands.at = at(supplied)
        dossier = await world.mother.must(dossier, "supplement", {"note": "đã bổ sung"})
    assert dossier["supplements_while_handling"] == 2
    assert datetime.fromisoformat(dossier["due_at"]) == at("2026-12-07T17:00")


async def test_the_applicant_changes_an_online_dossier_until_the_decision_and_the_clock_runs_on(world: World) -> None:
    dossier = await submitted(world)
    path, before = f"/dossiers/{dossier['dossier_id']}", dossier
    for stage in ("submitted", "received"):
        answer = await world.mother.send("PATCH", path, {"explanation": "chuyển về quê " + stage}, if_match=f'"{dossier["version"]}"')
        assert answer.status_code == 200, answer.text
        dossier = answer.json()
        assert (dossier["stage"], dossier["step_due_at"], dossier["owner"]) == (stage, before["step_due_at"], "receiving_school")
        if stage == "submitted":
            stale = await world.receiving.act(before, "receive")
            assert stale.status_code == 412  # the desk decides on what it has read
            before = dossier = await world.receiving.must(dossier, "receive")
    dossier = await world.receiving.must(dossier, "approve", {})
    late = await world.mother.send("PATCH", path, {"explanation": "x"}, if_match="*")
    assert (late.status_code, late.json()["type"]) == (409, "urn:lienthong:problem:dossier-action-not-possible")


async def test_a_change_that_changes_nothing_leaves_no_trace(world: World) -> None:
    dossier = await drafted(world)
    for body in ({}, {"ground": "moves_home", "papers": []}):
        answer = await world.mother.send("PATCH", f"/dossiers/{dossier['dossier_id']}", body, if_match='"1"')
        assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.text
    assert [step["action"] for step in await world.mother.steps(dossier)] == ["draft"]
    assert len(await world.published()) == 1


async def test_the_first_day_in_the_new_school_lies_between_today_and_a_year_from_now(world: World) -> None:
    dossier = await received(world)
    for wrong in ("2026-11-08", "2027-11-10", "2062-11-09"):
        answer = await world.receiving.act(dossier, "approve", {"effective_date": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/effective_date"), wrong
    decided = await world.receiving.must(dossier, "approve", {"effective_date": "2026-11-30"})
    assert (await world.sending.must(decided, "release"))["effective_date"] == "2026-11-30"


async def test_what_was_handed_in_at_a_desk_is_stopped_but_not_changed(world: World) -> None:
    answer = await world.receiving.post("/dossiers", from_outside(channel="counter"))
    dossier = await world.receiving.must(answer.json(), "submit")
    path = f"/dossiers/{dossier['dossier_id']}"
    changed = await world.receiving.send("PATCH", path, {"explanation": "x"}, if_match="*")
    assert (changed.status_code, changed.json()["type"]) == (409, "urn:lienthong:problem:dossier-action-not-possible")
    assert "rút hồ sơ" in changed.json()["detail"]
    assert "sửa" not in changed.json()["detail"]
    assert (await world.receiving.must(dossier, "withdraw"))["stage"] == "withdrawn"


async def test_notices_carry_the_code_the_office_and_where_to_turn(world: World) -> None:
    dossier = await world.receiving.must(await received(world), "request-supplement", {"reasons": [BS02]})
    notice = (await world.mother.steps(dossier))[-1]["details"]["notice"]
    assert (notice["dossier_code"], notice["office"], notice["procedure_code"]) == (dossier["code"], "S2", "2.002854")
    assert notice["greeting_vi"] == "Kính gửi anh/chị Vàng Thị Mai,"
    assert "khiếu nại" in notice["appeal_vi"]
    dossier = await world.receiving.must(
        await world.mother.must(dossier, "supplement", {"note": "đã bổ sung"}), "refuse", {"reasons": [TC10]}
    )
    assert (await world.mother.steps(dossier))[-1]["details"]["notice"]["dossier_code"] == dossier["code"]


async def test_defects_are_told_within_three_working_days(world: World) -> None:
    dossier = await received(world)
    world.hands.at = at("2026-11-12T17:01")
    late = await world.receiving.act(dossier, "request-supplement", {"reasons": [BS02]})
    assert (late.status_code, late.json()["type"]) == (409, "urn:lienthong:problem:dossier-supplement-too-late")
    world.hands.at = at("2026-11-12T17:00")
    assert (await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02]}))["supplements_while_handling"] == 1


async def test_the_three_days_count_from_intake_whatever_restarts(world: World) -> None:
    dossier = await received(world)
    dossier = await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02]})
    world.hands.at = at("2026-11-16T09:00")
    dossier = await world.mother.must(dossier, "supplement", {"note": "đã bổ sung"})
    world.hands.at = at("2026-11-17T09:00")
    asked = {"reasons": [BS02], "supervisor_reason": "mẫu sai lần nữa"}
    late = await world.receiving.act(dossier, "request-supplement", asked)
    assert (late.status_code, late.json()["type"]) == (409, "urn:lienthong:problem:dossier-supplement-too-late")


async def test_a_further_request_is_made_by_whoever_may_decide_at_the_receiving_school(world: World) -> None:
    clerk = world.caller("clerk@S2")
    dossier = await clerk.must(await submitted(world), "request-supplement", {"reasons": [BS02]})
    dossier = await world.mother.must(dossier, "supplement", {"papers": [{"key": "result_summary"}]})
    excused = {"reasons": [BS02], "supervisor_reason": "mẫu sai lần nữa"}
    for nobody in (clerk, world.caller("clerk@S2", "school_admin@S1"), world.caller("integrator@S2", sid=None, scope="egov.write")):
        answer = await nobody.act(dossier, "request-supplement", excused)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:lienthong:problem:forbidden")
        assert "egov.dossier.decide" in answer.json()["detail"]
    assert (await world.mother.read(dossier))["supplements_at_intake"] == 1
    for number, above in enumerate(("school_admin@S2", "commune_officer@C2", "platform_admin@*"), start=2):
        dossier = await world.caller(above).must(dossier, "request-supplement", excused)
        step = (await world.mother.steps(dossier))[-1]
        assert (dossier["supplements_at_intake"], step["details"]["request"]) == (number, number)
        assert step["details"]["supervisor_reason"] == "mẫu sai lần nữa"
        dossier = await world.mother.must(dossier, "supplement", {"note": "đã bổ sung"})


@pytest.mark.parametrize("empty", [{}, {"papers": []}, {"note": None}, {"note": "  "}])
async def test_a_supplement_of_nothing_restarts_no_limit(world: World, empty: dict[str, Any]) -> None:
    dossier = await world.receiving.must(await received(world), "request-supplement", {"reasons": [BS02]})
    answer = await world.mother.act(dossier, "supplement", empty)
    assert answer.status_code == 422, answer.text
    assert await world.mother.read(dossier) == dossier


async def test_a_dossier_without_papers_is_visibly_incomplete_and_the_desk_judges(world: World) -> None:
    online = await submitted(world)
    assert online["missing_papers"] == []  # the form is the application, the registry has the results
    outside = (await world.mother.post("/dossiers", from_outside())).json()
    assert outside["missing_papers"] == ["result_summary"]
    counter = (await world.receiving.post("/dossiers", from_outside(channel="counter"))).json()
    assert counter["missing_papers"] == ["transfer_application", "result_summary"]
    path, first = f"/dossiers/{counter['dossier_id']}", {"papers": [{"key": "transfer_application"}]}
    counter = (await world.receiving.send("PATCH", path, first, if_match="*")).json()
    assert counter["missing_papers"] == ["result_summary"]
    counter = await world.receiving.must(counter, "submit")
    counter = await world.receiving.must(counter, "request-supplement", {"reasons": [BS02]})
    counter = await world.receiving.must(counter, "supplement", {"note": "sẽ nộp sau"})
    counter = await world.receiving.must(counter, "receive")
    assert counter["missing_papers"] == ["result_summary"]
    assert (await world.receiving.steps(counter))[-1]["details"]["receipt"]["missing_papers"] == ["result_summary"]


async def test_a_forgotten_dossier_is_closed_after_fifteen_days(world: World) -> None:
    dossier = await submitted(world)
    dossier = await world.receiving.must(dossier, "request-supplement", {"reasons": [BS02]})
    database = Database(world.database.url, pool_size=1)
    try:
        assert await upkeep.close_forgotten(database, at("2026-11-25T23:00")) == 0
        assert await upkeep.close_forgotten(database, at("2026-11-26T00:01")) == 1
        assert await upkeep.close_forgotten(database, at("2026-11-26T00:01")) == 0
    finally:
        await database.close()
    dossier = await world.mother.read(dossier)
    assert (dossier["stage"], dossier["status"], dossier["on_time"]) == ("closed", 8, None)
    last = (await world.mother.steps(dossier))[-1]
    assert (last["side"], last["details"]["reasons"][0]["code"]) == ("calendar", "DH01")
    assert (await world.published())[-1][0] == "dossier.finished.v1"
    audited = await world.rows("SELECT actor, action FROM audit ORDER BY audit_id DESC LIMIT 1")
    assert tuple(audited[0]) == ("client:egov-calendar", "egov.dossier.close")


async def test_intake_and_decision_are_refused_with_reasons(world: World) -> None:
    dossier = await submitted(world)
    bare = await world.receiving.act(dossier, "reject", {"reasons": [{"code": "TC10"}]})
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/reasons/0")
    guarded = await world.receiving.act(dossier, "reject", {"reasons": [{"code": "TC12"}]})
    assert guarded.json()["errors"][0]["code"] == "guard"
    rejected = await world.receiving.must(dossier, "reject", {"reasons": [TC10]})
    assert (rejected["stage"], rejected["status"], rejected["owner"]) == ("not_received", 3, None)
    dossier = await received(world)  # the learner has no open dossier any more
    refused = await world.receiving.must(dossier, "refuse", {"reasons": [TC10]})
    assert (refused["stage"], refused["status"], refused["on_time"]) == ("refused", 9, True)
    returned = await world.receiving.must(refused, "return")
    assert (returned["status"], returned["finished_at"]) == (10, refused["finished_at"])


@pytest.mark.parametrize(("told", "in_time"), [("2026-11-13T16:59", True), ("2026-11-16T09:00", False)])
async def test_one_new_appointment_told_a_working_day_before(world: World, told: str, in_time: bool) -> None:  # noqa: FBT001 - a parameter of the case
    dossier = await received(world)
    world.hands.at = at(told)
    body = {"reason": "hiệu trưởng đi công tác", "new_due_date": "2026-11-20"}
    for wrong in ("2026-11-16", "2026-11-21", "2026-11-10", "2080-12-05"):
        answer = await world.receiving.act(dossier, "postpone", body | {"new_due_date": wrong})
        assert answer.status_code == 422, wrong
    dossier = await world.receiving.must(dossier, "postpone", body)
    assert datetime.fromisoformat(dossier["due_at"]) == at("2026-11-20T17:00")
    assert datetime.fromisoformat(dossier["original_due_at"]) == at("2026-11-16T17:00")
    step = (await world.mother.steps(dossier))[-1]
    assert (step["form"], step["details"]["in_time"]) == ("04", in_time)
    again = await world.receiving.act(dossier, "postpone", body | {"new_due_date": "2026-11-27"})
    assert again.json()["type"] == "urn:lienthong:problem:dossier-already-postponed"
    world.hands.at = at("2026-11-18T09:00")
    dossier = await world.receiving.must(dossier, "approve", {})
    assert dossier["on_time"] is in_time


async def test_a_late_decision_is_late_and_an_overdue_wait_is_listed_with_its_owner(world: World) -> None:
    dossier = await received(world)
    overdue = await world.receiving.get("/dossiers", overdue="false")
    assert [one["dossier_id"] for one in overdue.json()["items"]] in ([], [dossier["dossier_id"]])
    await world.rows("UPDATE dossier SET step_due_at = now() - interval '1 day'")
    (late,) = (await world.receiving.get("/dossiers", overdue="true")).json()["items"]
    assert (late["owner"], late["overdue"]) == ("receiving_school", True)
    await world.rows("UPDATE dossier SET step_due_at = due_at")
    world.hands.at = at("2026-11-25T10:00")
    dossier = await world.receiving.must(dossier, "approve", {})
    assert dossier["on_time"] is False
    last = (await world.mother.steps(dossier))[-1]
    assert (last["on_time"], last["details"]["working_days_late"]) == (False, 6)  # due on the 16th; Culture Day is not counted


async def test_the_applicant_withdraws_until_the_decision(world: World) -> None:
    dossier = await received(world)
    gone = await world.mother.must(dossier, "withdraw", {"note": "gia đình đổi ý"})
    assert (gone["stage"], gone["status"]) == ("withdrawn", 7)
    decided = await approved(world)
    late = await world.mother.act(decided, "withdraw")
    assert (late.status_code, late.json()["type"]) == (409, "urn:lienthong:problem:dossier-action-not-possible")
    assert "release" in late.json()["detail_en"]


async def test_a_learner_from_another_province_has_eight_days_and_no_order_to_the_registry(world: World) -> None:
    answer = await world.receiving.post("/dossiers", from_outside(channel="counter"))
    assert answer.status_code == 201, answer.text
    dossier = await world.receiving.must(answer.json(), "submit")
    dossier = await world.receiving.must(dossier, "receive")
    assert datetime.fromisoformat(dossier["due_at"]) == at("2026-11-19T17:00")
    dossier = await world.receiving.must(dossier, "approve", {})
    assert (await world.receiving.act(dossier, "release")).status_code == 403
    world.add_learner(world.learner_id, world.child_id, world.mother_id, school="S2")
    dossier = await world.receiving.must(dossier, "take-records", {"learner_id": world.learner_id})
    assert (dossier["stage"], dossier["learner_id"]) == ("assigned", world.learner_id)
    assert not [name for name, _ in await world.published() if name == "transfer.decided.v1"]
    unknown = await world.receiving.act(dossier, "take-records", {"learner_id": str(identity("nobody"))})
    assert unknown.status_code == 422


@pytest.mark.parametrize(
    ("channel", "received_at", "forward_by"),
    [
        ("counter", "2026-11-09T15:00", "2026-11-09T17:00"),
        ("counter", "2026-11-09T15:01", "2026-11-10T07:30"),
        ("post", "2026-11-13T16:00", "2026-11-16T07:30"),
        ("online", "2026-11-09T15:01", "2026-11-09T15:01"),
    ],
)
async def test_the_cut_off_concerns_the_forwarding_of_paper_and_not_the_limit(
    world: World, channel: str, received_at: str, forward_by: str
) -> None:
    filer = world.mother if channel == "online" else world.receiving
    dossier = await filer.must((await filer.post("/dossiers", from_outside(channel=channel))).json(), "submit")
    world.hands.at = at(received_at)
    dossier = await world.receiving.must(dossier, "receive")
    handed_on = (await world.receiving.steps(dossier))[-1]["details"]["forward_by"]
    assert datetime.fromisoformat(handed_on) == at(forward_by)
    assert dossier["clock"]["why"][0]["rule"] == "start_2025"
    assert datetime.fromisoformat(dossier["clock"]["why"][0]["at"]) == at(received_at)


async def test_a_family_from_another_province_files_online_and_the_learner_is_registered_before_the_records_are_taken(world: World) -> None:
    answer = await world.mother.post("/dossiers", from_outside())
    assert answer.status_code == 201, answer.text
    assert answer.json()["relation_verified"] is False
    dossier = await world.receiving.must(await world.mother.must(answer.json(), "submit"), "receive")
    dossier = await world.receiving.must(dossier, "approve", {})
    both = world.caller("school_admin@S2", "school_admin@S1")
    elsewhere = await both.act(dossier, "take-records", {"learner_id": world.learner_id})
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["code"]) == (422, "not_in_school")
    world.registry.learners[world.learner_id] |= {"school_id": str(identity("S2")), "school_code": "S2", "class_id": None}
    dossier = await world.receiving.must(dossier, "take-records", {"learner_id": world.learner_id})
    assert (dossier["stage"], dossier["owner"]) == ("moved", "receiving_school")
    await learner_stands(world, 2, "S2", "5B")
    assert (await world.mother.read(dossier))["stage"] == "assigned"


async def test_an_old_dossier_follows_the_law_of_its_day(world: World) -> None:
    dossier = await submitted(world)
    world.hands.at = at("2026-05-08T09:00")  # before 15/2026/TT-BGDĐT: the older limits were not read, so nothing is promised
    dossier = await world.receiving.must(dossier, "receive")
    assert (dossier["due_at"], dossier["clock"]) == (None, None)


async def test_a_draft_may_wait(world: World) -> None:
    dossier = await drafted(world)
    world.hands.go(days=400)
    assert (await world.mother.read(dossier))["step_due_at"] is None
    assert timedelta(0) < world.hands.at - datetime.fromisoformat(dossier["waiting_since"])


async def test_what_the_registry_would_refuse_is_found_out_before_anything_is_signed(world: World) -> None:
    dossier = await received(world)
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"school_id": str(identity("S1"))}, {}, "unknown_class"),
        ({"school_year": "2027-2028"}, {}, "unknown_class"),
        ({}, {"effective_date": "2027-06-01"}, "unknown_class"),
        ({"grade": 1}, {}, "class_grade"),
        ({}, {"grade": 4}, "class_grade"),
        ({"grade": 6, "level": "lower_secondary"}, {}, "class_level"),
    ]
    for room, others, code in cases:
        answer = await world.receiving.act(dossier, "approve", {"class_id": world.add_class("5E", **room)} | others)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/class_id", code)], (room, others)
    nowhere = await world.receiving.act(dossier, "approve", {"class_id": str(identity("nowhere"))})
    assert nowhere.json()["errors"][0]["code"] == "unknown_class"
    await world.tell(REGISTRY_ORGANISATION_STATE, "organisation.state.v1", str(identity("S2")), 7, state("S2", 7, ["primary"]))
    other_level = await world.receiving.act(dossier, "approve", {"grade": 6})
    assert [(one["pointer"], one["code"]) for one in other_level.json()["errors"]] == [("/grade", "level_not_taught")]
    await world.tell(REGISTRY_ORGANISATION_STATE, "organisation.state.v1", str(identity("S2")), 8, state("S2", 8, ["preschool"]))
    given_up = await world.receiving.act(dossier, "approve", {})  # nobody sent a grade: it is the dossier's own that is no longer taught
    assert [(one["pointer"], one["code"]) for one in given_up.json()["errors"]] == [("", "level_not_taught")]
    await world.tell(REGISTRY_ORGANISATION_STATE, "organisation.state.v1", str(identity("S2")), 9, state("S2", 9, ["primary"]))
    world.registry.down = True
    assert (await world.receiving.act(dossier, "approve", {"class_id": world.add_class("5E")})).status_code == 503
    world.registry.down = False
    assert await world.mother.read(dossier) == dossier
    dossier = await world.receiving.must(dossier, "approve", {"class_id": world.add_class("5E"), "effective_date": "2026-11-30"})
    assert dossier["class_id"] == str(identity("5E"))


async def test_levels_hold_from_their_day_and_the_newest_state_wins(world: World) -> None:
    for version, levels in ((3, ["primary", "preschool"]), (2, ["preschool"])):
        body = state("S2", version, levels)
        body["versions"].append(body["versions"][0] | {"levels": ["continuing"], "valid_from": "2026-11-10"})
        body["versions"][0]["valid_to"] = "2026-11-10"
        await world.tell(REGISTRY_ORGANISATION_STATE, "organisation.state.v1", str(identity("S2")), version, body)
    assert (await world.mother.post("/dossiers", draft(world))).status_code == 201
    world.hands.go(days=1)
    answer = await world.mother.post("/dossiers", draft(world))
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/receiving_school_code", "level_not_taught")]
