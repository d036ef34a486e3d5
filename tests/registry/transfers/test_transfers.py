"""A decided dossier moves the learner, once, or is refused with a reason."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from libs.common.clock import now, today
from libs.common.events.envelope import Received, Record
from libs.common.events.session import WorkerSession
from services.registry import daily
from services.registry.transfers.consumers import execute_transfers
from services.registry.transfers.events import DECIDED
from tests.registry.conftest import World
from tests.registry.samples import YEAR, enrolment, learner, person, school_class


def decided(learner_id: str, **others: Any) -> Received:
    body: dict[str, Any] = {
        "dossier_id": "H-1",
        "learner_id": learner_id,
        "from_school_code": "S1",
        "to_school_code": "S2",
        "effective_date": "2026-11-02",
        "grade": 5,
        "approved_by": "a field that is none of the registry's business",
    } | others
    record = Record("egov.transfer", 0, 1, body["dossier_id"], (), json.dumps(body).encode(), now())
    return Received(uuid4(), DECIDED, body["dossier_id"], 1, now(), None, body, record)


async def deliver(world: World, *events: Received) -> None:
    """Do what the consumer does around its handler: one transaction over the whole platform's rows."""
    connection = await asyncpg.connect(world.database.url)
    try:
        async with connection.transaction():
            session = WorkerSession(connection, "consumer:registry.transfer")
            await session.open()
            await execute_transfers.handler(session, events)
            await session.finish()
    finally:
        await connection.close()


async def rows(world: World, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(world.database.superuser_url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def published(world: World) -> list[tuple[str, dict[str, Any]]]:
    found = await rows(world, "SELECT type, body FROM outbox ORDER BY outbox_id")
    wanted = [row for row in found if "transfer" in row["type"]]
    return [(row["type"].removeprefix("vn.lienthong.registry."), json.loads(row["body"])) for row in wanted]


async def test_the_learner_moves_with_everything(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    await world.admin.must("/guardians", {"learner_id": made["learner_id"], "relation": "mother", "person": person()})
    there = await world.admin.must("/classes", school_class(school_code="S2"))
    await deliver(world, decided(made["learner_id"], class_id=there["class_id"]))
    old, new = world.caller("school_admin@S1"), world.caller("school_admin@S2")
    seen = (await new.get("/learners/" + made["learner_id"])).json()
    assert (seen["school_code"], seen["class_name"], seen["grade"], seen["status"]) == ("S2", "5A", 5, "02")
    assert seen["identifiers"] == made["identifiers"]
    assert (await old.get("/learners/" + made["learner_id"])).status_code == 404
    spells = (await new.get(f"/learners/{made['learner_id']}/enrolments")).json()["items"]
    assert [(spell["school_code"], spell["valid_from"], spell["valid_to"], spell["status_to"]) for spell in spells] == [
        ("S1", "2026-09-01", "2026-11-02", "04"),
        ("S2", "2026-11-02", None, None),
    ]
    assert len((await new.get(f"/learners/{made['learner_id']}/guardians")).json()["items"]) == 1
    assert (await old.get("/learners/changes")).json()["items"][-1]["kind"] == "deleted"
    assert (await new.get("/learners/changes")).json()["items"][-1]["version"] == seen["version"]


async def test_both_outcomes_are_published(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    await deliver(world, decided(made["learner_id"]))
    (moved_type, moved), (done_type, done) = await published(world)
    assert (moved_type, done_type) == ("learner.transferred.v1", "transfer.executed.v1")
    assert (moved["dossier_id"], done["dossier_id"], len(moved["enrolments"])) == ("H-1", "H-1", 2)
    assert done["enrolment_id"] == moved["enrolments"][1]["enrolment_id"]


async def test_a_dossier_has_one_effect(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    event = decided(made["learner_id"])
    await deliver(world, event, event)
    await deliver(world, decided(made["learner_id"], effective_date="2026-11-09"))
    assert len(await published(world)) == 2
    assert len(await rows(world, "SELECT FROM enrolment")) == 2
    assert len(await rows(world, "SELECT FROM transfer")) == 1
    assert [row["action"] for row in await rows(world, "SELECT action FROM audit WHERE resource = 'transfer'")] == [
        "registry.transfer.executed"
    ]


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"learner_id": str(uuid4())}, "unknown_learner"),
    ({"from_school_code": "NONE"}, "unknown_from_school"),
    ({"to_school_code": "NONE"}, "unknown_to_school"),
    ({"to_school_code": "C2"}, "unknown_to_school"),
    ({"to_school_code": "S1"}, "same_school"),
    ({"from_school_code": "S2", "to_school_code": "S1"}, "not_in_from_school"),
    ({"effective_date": "2026-09-01"}, "not_in_from_school"),
    ({"class_id": str(uuid4())}, "unknown_class"),
    ({"grade": 10}, "level_not_taught"),
)


async def test_refusals_say_why_and_move_nobody(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    for number, (change, reason) in enumerate(REFUSED):
        await deliver(world, decided(**{"learner_id": made["learner_id"], "dossier_id": f"R-{number}"} | change))
        kind, body = (await published(world))[-1]
        assert (kind, body["reason"]) == ("transfer.refused.v1", reason)
    assert (await world.admin.get("/learners/" + made["learner_id"])).json() == made


async def test_a_class_of_another_grade_level_or_year_takes_nobody(world: World) -> None:
    made = await world.admin.must("/learners", learner(enrolment=enrolment(grade=1)))
    year = await world.admin.put("/school-years/2027-2028", {"starts_on": "2027-09-01", "ends_on": "2028-05-31"})
    assert year.status_code == 200, year.text
    rooms: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
        ({"name": "5A", "grade": 5}, {}, "class_grade"),
        ({"name": "1A", "grade": 1}, {"grade": 2}, "class_grade"),
        ({"name": "6A", "grade": 6, "level": "lower_secondary"}, {}, "class_level"),
        ({"name": "1B", "grade": 1, "school_year": "2027-2028"}, {}, "unknown_class"),
        ({"name": "1C", "grade": 1}, {"effective_date": "2027-08-01"}, "unknown_class"),
        ({"name": "1D", "grade": 1, "school_code": "S1"}, {}, "unknown_class"),
    )
    for number, (room, change, reason) in enumerate(rooms):
        there = await world.admin.must("/classes", school_class(**{"school_code": "S2"} | room))
        order = {"dossier_id": f"C-{number}", "class_id": there["class_id"], "grade": 1} | change
        await deliver(world, decided(made["learner_id"], **order))
        kind, body = (await published(world))[-1]
        assert (kind, body.get("reason")) == ("transfer.refused.v1", reason), room
    assert (await world.admin.get("/learners/" + made["learner_id"])).json() == made
    mixed = await world.admin.must("/classes", school_class(school_code="S2", name="Ghép", grade=None))
    await deliver(world, decided(made["learner_id"], dossier_id="C-9", class_id=mixed["class_id"], grade=1))
    assert (await published(world))[-1][0] == "transfer.executed.v1"


async def test_after_every_known_year_the_learners_last_one_and_its_classes_count(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    there = await world.admin.must("/classes", school_class(school_code="S2"))
    await deliver(world, decided(made["learner_id"], class_id=there["class_id"], effective_date="2027-08-01"))
    (_, moved), (kind, _) = await published(world)
    assert (kind, moved["enrolments"][1]["class_id"]) == ("transfer.executed.v1", there["class_id"])
    assert moved["enrolments"][1]["school_year"] == YEAR


async def test_a_move_decided_ahead_waits_for_its_day(world: World) -> None:
    made = await world.admin.must("/learners", learner())
    later = today() + timedelta(days=3)
    await deliver(world, decided(made["learner_id"], effective_date=later.isoformat()))
    assert (await world.caller("school_admin@S1").get("/learners/" + made["learner_id"])).json()["school_code"] == "S1"
    await daily.bring_up_to_date(world.database.url, later - timedelta(days=1))
    assert (await world.caller("school_admin@S1").get("/learners/" + made["learner_id"])).status_code == 200
    await daily.bring_up_to_date(world.database.url, later)
    assert (await world.caller("school_admin@S2").get("/learners/" + made["learner_id"])).json()["school_code"] == "S2"


async def test_a_leave_recorded_ahead_waits_for_its_day(world: World) -> None:
    later = today() + timedelta(days=3)
    made = await world.admin.must("/learners", learner(enrolment=enrolment(left_on=later.isoformat(), status="04")))
    await daily.bring_up_to_date(world.database.url, later - timedelta(days=1))
    assert (await world.admin.get("/learners/" + made["learner_id"])).json()["school_code"] == "S1"
    await daily.bring_up_to_date(world.database.url, later)
    assert (await world.admin.get("/learners/" + made["learner_id"])).json()["school_id"] is None
    assert date.fromisoformat((await rows(world, "SELECT upper(period)::text FROM enrolment"))[0][0]) == later
