"""What the registry answers and publishes is what its contracts say."""

from typing import Any

import asyncpg
from pydantic import BaseModel

from libs.common.events import catalogue
from services.registry.classes.schemas import ClassOut, SchoolYearOut
from services.registry.guardians.schemas import GuardianOut
from services.registry.learners.schemas import EnrolmentOut, LearnerListed, LearnerOut
from services.registry.main import SERVICE
from services.registry.organisations.schemas import OrganisationOut, OrganisationVersionOut
from services.registry.staff.schemas import StaffListed, StaffOut
from tests.registry.conftest import World
from tests.registry.samples import YEAR, learner, person, school_class, staff


def fits(out: type[BaseModel], found: dict[str, Any]) -> None:
    out.model_validate(found)
    assert set(found) == set(out.model_fields)


async def test_answers_fit_their_schemas(world: World) -> None:
    child = await world.admin.must("/learners", learner())
    worker = await world.admin.must("/staff", staff())
    room = await world.admin.must("/classes", school_class())
    named = await world.admin.must("/guardians", {"learner_id": child["learner_id"], "relation": "father", "person": person()})
    school = (await world.admin.get("/organisations/by-code/S1")).json()
    for out, found in ((LearnerOut, child), (StaffOut, worker), (ClassOut, room), (GuardianOut, named), (OrganisationOut, school)):
        fits(out, found)
    fits(SchoolYearOut, (await world.admin.get("/school-years/" + YEAR)).json())
    lists: tuple[tuple[type[BaseModel], str], ...] = (
        (LearnerListed, "/learners"),
        (EnrolmentOut, f"/learners/{child['learner_id']}/enrolments"),
        (GuardianOut, f"/learners/{child['learner_id']}/guardians"),
        (StaffListed, "/staff"),
        (ClassOut, "/classes"),
        (OrganisationOut, "/organisations"),
        (OrganisationVersionOut, f"/organisations/{school['organisation_id']}/versions"),
    )
    for listed, path in lists:
        items = (await world.admin.get(path)).json()["items"]
        assert items, path
        for item in items:
            fits(listed, item)


async def test_events_fit_their_classes(world: World) -> None:
    await world.admin.must("/learners", learner())
    await world.admin.must("/staff", staff())
    await world.admin.must("/classes", school_class())
    connection = await asyncpg.connect(world.database.superuser_url)
    rows = await connection.fetch("SELECT type, key, sequence, body FROM outbox")
    await connection.close()
    assert len({row["type"] for row in rows}) == 6
    for row in rows:
        kind = catalogue.find(row["type"])
        assert kind is not None
        event = kind.model_validate_json(row["body"])
        assert (event.key, event.sequence) == (row["key"], row["sequence"])


def test_contracts_can_be_written() -> None:
    documents = SERVICE.contracts()
    assert "/registry/v1/learners/{learner_id}" in documents["openapi.json"]["paths"]
    assert {"registry.learner", "registry.transfer", "registry.organisation.state"} <= set(documents["asyncapi.json"]["channels"])
    problems = {problem["type"] for problem in documents["openapi.json"]["x-problems"]}
    assert "urn:lienthong:problem:learner-already-enrolled" in problems
