"""The whole way of a transfer: draft, submit, receive, approve, release, moved, class assigned, result returned, tracked by code."""

from datetime import datetime
from typing import Any

from libs.common.clock import VIETNAM
from services.egov.clock.rulebook import rulebook
from services.egov.dossiers.codes import formats_of
from tests.egov.conftest import Caller, World, identity
from tests.egov.samples import drafted, executed, learner_stands


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


async def test_the_whole_way(world: World) -> None:
    dossier = await until_received(world)
    dossier = await until_released(world, dossier)
    dossier = await until_returned(world, dossier)
    assert [step["action"] for step in await world.mother.steps(dossier)] == [
        "draft",
        "submit",
        "receive",
        "approve",
        "release",
        "execute",
        "assign",
        "return",
    ]
    events = [name.split(".")[1] for name, _ in await world.published() if name.startswith("dossier.")]
    assert events == ["drafted", "submitted", "received", "decided", "released", "moved", "assigned", "finished"]


async def until_received(world: World) -> dict[str, Any]:
    dossier = await drafted(world)
    assert (dossier["stage"], dossier["status"], dossier["code"]) == ("draft", None, None)
    assert dossier["learner_name"] == "Giàng A Páo"
    assert dossier["relation_verified"] is True
    dossier = await world.mother.must(dossier, "submit")
    assert (dossier["status"], dossier["owner"]) == (1, "receiving_school")
    assert datetime.fromisoformat(dossier["step_due_at"]) == at("2026-11-10T09:00")
    dossier = await world.receiving.must(dossier, "receive")
    assert dossier["code"] == "H38-261109-0001"
    assert formats_of(dossier["code"], rulebook().code_formats) == ["code_2025"]
    assert datetime.fromisoformat(dossier["due_at"]) == at("2026-11-16T17:00")
    assert dossier["clock"]["rule_set"] == "one-stop-clock"
    assert [why["rule"] for why in dossier["clock"]["why"]] == ["start_2025", "15/2026/TT-BGDĐT (signed 24/3/2026)"]
    return dossier


async def until_released(world: World, dossier: dict[str, Any]) -> dict[str, Any]:
    world.hands.go(days=2)
    dossier = await world.receiving.must(dossier, "approve", {"grade": 5})
    assert (dossier["status"], dossier["owner"], dossier["on_time"]) == (4, "sending_school", True)
    assert datetime.fromisoformat(dossier["step_due_at"]) == at("2026-11-16T17:00")
    dossier = await world.sending.must(dossier, "release", {"note": "đã chuyển học bạ"})
    assert (dossier["stage"], dossier["owner"], dossier["effective_date"]) == ("released", "registry", "2026-11-11")
    name, decided = (await world.published())[-1]
    assert name == "transfer.decided.v1"
    assert decided == {
        "dossier_id": dossier["dossier_id"],
        "learner_id": world.learner_id,
        "from_school_code": "S1",
        "to_school_code": "S2",
        "effective_date": "2026-11-11",
        "grade": 5,
        "class_id": None,
    }
    return dossier


async def until_returned(world: World, dossier: dict[str, Any]) -> dict[str, Any]:
    await executed(world, dossier["dossier_id"])
    await learner_stands(world, 2, "S2", None, "transferred")
    dossier = await world.receiving.read(dossier)
    assert (dossier["stage"], dossier["owner"]) == ("moved", "receiving_school")
    assert datetime.fromisoformat(dossier["step_due_at"]) == at("2026-11-18T17:00")  # five working days for the class
    await learner_stands(world, 3, "S2", "5B")
    dossier = await world.receiving.read(dossier)
    assert (dossier["stage"], dossier["status"], dossier["learner_class_id"]) == ("assigned", 9, str(identity("5B")))
    dossier = await world.receiving.must(dossier, "return")
    assert (dossier["stage"], dossier["status"], dossier["owner"]) == ("returned", 10, None)
    return dossier


async def test_anybody_tracks_by_code_and_key_without_signing_in(world: World) -> None:
    dossier = await drafted(world)
    dossier = await world.mother.must(dossier, "submit")
    dossier = await world.receiving.must(dossier, "receive")
    family = Caller(world.client, {})
    aunt = world.caller("guardian@S3", person_id=str(identity("aunt")))
    found = await family.get(f"/tracking/{dossier['code']}", key=dossier["tracking_key"].lower())
    assert found.status_code == 200, found.text
    told = found.json()
    assert (told["status"], told["owner"], [step["action"] for step in told["timeline"]]) == (
        2,
        "receiving_school",
        ["draft", "submit", "receive"],
    )
    assert "Páo" not in found.text
    assert "Vàng" not in found.text
    assert (await aunt.get(f"/tracking/{dossier['code']}", key=dossier["tracking_key"])).json() == told
    wrong = [
        await family.get(f"/tracking/{dossier['code']}", key="WRONG"),
        await family.get("/tracking/H38-261109-9999", key=dossier["tracking_key"]),
    ]
    assert {answer.status_code for answer in wrong} == {404}
    assert len({answer.text.replace(answer.headers["x-request-id"], "") for answer in wrong}) == 1
    assert (await family.get("/tracking/H38%00", key="A")).status_code == 422
    assert (await family.get(f"/dossiers/{dossier['dossier_id']}")).status_code == 401
    assert (await aunt.get(f"/dossiers/{dossier['dossier_id']}")).status_code == 404
    seen = await world.sending.read(dossier)
    assert seen["tracking_key"] is None


async def test_codes_run_without_gaps_per_agency_and_day(world: World) -> None:
    named = await world.caller("province_officer@P1").send("PUT", "/agencies/S2", {"agency_code": "H38.12.034"})
    assert named.status_code == 200, named.text
    codes = []
    for number in range(3):
        learner = str(identity(f"child {number}"))
        world.add_learner(learner, str(identity(f"person {number}")), world.mother_id)
        dossier = await world.mother.must(await drafted(world, learner_id=learner), "submit")
        failed = await world.receiving.act(dossier, "receive", None, if_match='"99"')
        assert failed.status_code == 412
        codes.append((await world.receiving.must(dossier, "receive"))["code"])
    assert codes == ["H38.12.034-261109-0001", "H38.12.034-261109-0002", "H38.12.034-261109-0003"]
    assert (await world.caller("school_admin@S1").send("PUT", "/agencies/S2", {"agency_code": "H39"})).status_code == 404
    taken = await world.caller("school_admin@S1").send("PUT", "/agencies/S1", {"agency_code": "H38.12.034"})
    assert taken.status_code == 409
