"""A learner is never in two schools: the database holds it, whoever writes and however many at once."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import asyncpg

from tests.registry.conftest import World
from tests.registry.samples import YEAR, enrolment, learner, ministry_code

INSERT = """
INSERT INTO enrolment (enrolment_id, learner_id, school_id, school_year, level, status_from, period, organisation_path)
SELECT $1, learner_id, $2, $3, 'primary', '01', daterange($4, $5), organisation_path FROM learner WHERE learner_id = $6"""


async def school_id(world: World, code: str) -> UUID:
    return UUID((await world.admin.get("/organisations/by-code/" + code)).json()["organisation_id"])


async def test_overlapping_spells_cannot_be_written(world: World) -> None:
    made = await world.admin.must("/learners", learner(enrolment=enrolment(left_on="2026-10-01", status="04")))
    there = await school_id(world, "S2")

    async def enrol(first: date, last: date | None) -> bool:
        connection = await asyncpg.connect(world.database.superuser_url)
        try:
            await connection.execute(INSERT, uuid4(), there, YEAR, first, last, UUID(made["learner_id"]))
        except (asyncpg.ExclusionViolationError, asyncpg.DeadlockDetectedError):  # who waits for whom, the server ends as it likes
            return False
        finally:
            await connection.close()
        return True

    assert not await enrol(date(2026, 9, 30), None)
    assert sum(await asyncio.gather(*(enrol(date(2026, 10, 1), None) for _ in range(8)))) == 1


async def test_of_two_schools_enrolling_at_once_one_wins(world: World) -> None:
    code = ministry_code()["value"]
    path = "/learners/by-identifier/ministry_code/" + code
    await world.admin.put(path, learner(identifiers=[], enrolment=enrolment(left_on="2026-10-01", status="04")))
    bodies = [learner(identifiers=[], enrolment=enrolment(school_code=school, enrolled_on="2026-10-02")) for school in ("S1", "S2") * 3]
    answers = await asyncio.gather(*(world.admin.put(path, body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200, 409}
    listed = await world.admin.get(f"/learners/{answers[0].json().get('learner_id') or await learner_of(world)}/enrolments")
    assert len(listed.json()["items"]) == 2


async def learner_of(world: World) -> str:
    return str((await world.admin.get("/learners")).json()["items"][0]["learner_id"])


async def test_the_same_new_learner_sent_at_once_is_one(world: World) -> None:
    body = learner()
    answers = await asyncio.gather(*(world.admin.post("/learners", body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert len((await world.admin.get("/learners")).json()["items"]) == 1
