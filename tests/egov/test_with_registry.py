"""E-government and the registry on one bus: the learner really moves, and the class that the school gives there completes the dossier."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from libs.common.clock import today
from libs.common.events.worker import run_worker
from libs.common.service import Service
from services.egov.main import SERVICE as EGOV
from services.registry.main import SERVICE as REGISTRY
from tests.egov.conftest import Caller
from tests.egov.samples import TC10
from tests.registry.conftest import World as RegistryWorld
from tests.registry.samples import enrolment, learner, person, school_class
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import AUDIENCE, Issuer

PATIENCE_SECONDS = 60.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.1)


@dataclass
class Two:
    """Both services, their databases, and the bus between them."""

    egov: httpx.AsyncClient
    registry: RegistryWorld
    issuer: Issuer

    def caller(self, *grants: str, **claims: Any) -> Caller:
        return Caller(self.egov, self.issuer.headers(*grants, **claims))


@pytest.fixture
def databases(postgres: TestPostgres) -> Iterator[tuple[TestDatabase, TestDatabase, TestDatabase]]:
    made = (postgres.database("egov", EGOV.versions), postgres.database("registry", REGISTRY.versions), postgres.bus())
    yield made
    for database in made:
        postgres.drop(database)


def settings(service: Service, database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> Any:
    return service.settings(
        database_url=SecretStr(database.url),
        bus_url=SecretStr(bus.url),
        issuer=issuer.url,
        jwks_url=issuer.jwks_url,
        audience=AUDIENCE,
    )


@asynccontextmanager
async def listening(service: Service, database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> AsyncIterator[str]:
    """Run a service's API on a real port."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()  # from here on callers wait instead of being refused
        server = uvicorn.Server(uvicorn.Config(service.app(settings(service, database, bus, issuer)), log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve([place]))
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def working(service: Service, database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    topics = sorted({event.TOPIC for event in service.events}, key=lambda topic: topic.name)
    worker = asyncio.create_task(run_worker(settings(service, database, bus, issuer), service.consumers, topics, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await worker


@pytest.fixture
async def two(databases: tuple[TestDatabase, TestDatabase, TestDatabase], issuer: Issuer) -> AsyncIterator[Two]:
    egov_database, registry_database, bus = databases
    async with (
        listening(REGISTRY, registry_database, bus, issuer) as registry_url,
        httpx.AsyncClient(base_url=registry_url) as registry_client,
        running(EGOV, egov_database, bus, issuer, egov_registry_url=registry_url) as egov_client,
        working(REGISTRY, registry_database, bus, issuer),
        working(EGOV, egov_database, bus, issuer),
    ):
        registry = RegistryWorld(registry_client, issuer, registry_database)
        await registry.plant()
        yield Two(egov_client, registry, issuer)


async def family(two: Two) -> tuple[str, Caller]:
    """A child in S1 and its mother, who is a guardian in the registry."""
    child = await two.registry.admin.must("/learners", learner(enrolment=enrolment()))
    named = {"learner_id": child["learner_id"], "relation": "mother", "person": person()}
    mother = await two.registry.admin.must("/guardians", named)
    return child["learner_id"], two.caller("guardian@S1", person_id=mother["guardian_person_id"])


async def test_a_family_moves(two: Two) -> None:
    learner_id, mother = await family(two)
    room = await two.registry.admin.must("/classes", school_class(school_code="S2", name="5B"))
    body = {"learner_id": learner_id, "receiving_school_code": "S2", "applicant_name": "Vàng Thị Mai", "ground": "moves_home"}

    async def school_is_known() -> bool:
        return (await mother.post("/dossiers", body)).status_code == 201

    await until(school_is_known)
    (dossier,) = (await mother.get("/dossiers")).json()["items"]
    sending, receiving = two.caller("school_admin@S1"), two.caller("school_admin@S2")
    dossier = await mother.must(dossier, "submit")
    dossier = await receiving.must(dossier, "receive")
    dossier = await receiving.must(dossier, "approve", {"effective_date": today().isoformat()})
    dossier = await sending.must(dossier, "release")

    async def stands(stage: str) -> bool:
        return bool((await receiving.read(dossier))["stage"] == stage)

    await until(lambda: stands("moved"))
    moved = await two.registry.caller("school_admin@S2").get("/learners/" + learner_id)
    assert moved.json()["school_code"] == "S2"
    assigned = await two.registry.caller("school_admin@S2").patch(
        "/learners/" + learner_id, {"class_id": room["class_id"]}, if_match=moved.headers["etag"]
    )
    assert assigned.status_code == 200, assigned.text
    await until(lambda: stands("assigned"))
    done = await receiving.must(await receiving.read(dossier), "return")
    assert (done["status"], done["learner_class_id"]) == (10, room["class_id"])
    tracked = await mother.get(f"/tracking/{done['code']}", key=done["tracking_key"])
    assert tracked.json()["status"] == 10


def papers(child: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return what the child's papers say, as a clerk types them."""
    typed = {"ministry_code": child["ministry_code"], "full_name": child["full_name"].lower(), "birth_date": child["birth_date"]}
    return typed | others


async def test_a_desk_files_for_a_learner_of_another_school(two: Two) -> None:
    child = await two.registry.admin.must("/learners", learner(enrolment=enrolment()))
    path = "/learners/" + child["learner_id"]
    desk, reader = two.caller("clerk@S2"), two.registry.caller("clerk@S2")
    body = {"receiving_school_code": "S2", "applicant_name": "Vàng Thị Mai", "ground": "moves_home", "channel": "counter"}

    async def school_is_known() -> bool:
        return (await desk.post("/dossiers", body | {"learner": papers(child)})).status_code == 201

    assert (await reader.get(path)).status_code == 404
    by_id = await desk.post("/dossiers", body | {"learner_id": child["learner_id"]})
    assert [(one["pointer"], one["code"]) for one in by_id.json()["errors"]] == [("/learner_id", "unknown_learner")]
    await until(school_is_known)
    (dossier,) = (await desk.get("/dossiers")).json()["items"]
    read = await desk.read(dossier)
    named = {name: read[name] for name in ("learner_id", "learner_name", "learner_birth_date", "grade", "sending_school_code")}
    assert list(named.values()) == [child["learner_id"], child["full_name"], child["birth_date"], child["grade"], "S1"]
    dossier = await desk.must(await desk.must(dossier, "submit"), "receive")
    assert (await reader.get(path)).status_code == 404
    dossier = await two.caller("school_admin@S2").must(dossier, "approve", {"effective_date": today().isoformat()})
    dossier = await two.caller("school_admin@S1").must(dossier, "release")

    async def moved() -> bool:
        return bool((await desk.read(dossier))["stage"] == "moved")

    await until(moved)
    assert (await reader.get(path)).json()["school_code"] == "S2"
    assert (await two.registry.caller("clerk@S1").get(path)).status_code == 404


async def test_the_registry_says_what_is_wrong_with_papers(two: Two) -> None:
    child = await two.registry.admin.must("/learners", learner(enrolment=enrolment()))
    body = {"receiving_school_code": "S2", "applicant_name": "Vàng Thị Mai", "ground": "moves_home", "channel": "counter"}
    desk = two.caller("clerk@S2")
    cases = [
        ({"full_name": "Giàng A Pó"}, "/learner", "unmatched_learner"),
        ({"birth_date": "2015-03-03"}, "/learner", "unmatched_learner"),
        ({"ministry_code": "9999999999"}, "/learner", "unmatched_learner"),
        ({"ministry_code": "12"}, "/learner/ministry_code", "identifier_form"),
        ({"birth_date": "2035-03-03"}, "/learner/birth_date", "future_date"),
    ]
    for change, pointer, code in cases:
        answer = await desk.post("/dossiers", body | {"learner": papers(child, **change)})
        assert answer.status_code == 422, answer.text
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    machine = two.caller("integrator@S2", sid=None, azp="vendor", scope="egov.read egov.write registry.read")
    refused = await machine.post("/dossiers", body | {"learner": papers(child)})
    assert (refused.status_code, refused.json()["detail_en"]) == (403, "Missing permission “registry.learner.match”.")


async def test_a_move_that_the_registry_refuses_is_flagged(two: Two) -> None:
    learner_id, mother = await family(two)
    admin = two.registry.admin
    rooms = [
        (await admin.must("/classes", school_class(school_code="S1", name="5Z")), "unknown_class"),
        (await admin.must("/classes", school_class(school_code="S2", name="1A", grade=1)), "class_grade"),
        (await admin.must("/classes", school_class(school_code="S2", name="6A", grade=6, level="lower_secondary")), "class_level"),
    ]
    right = await admin.must("/classes", school_class(school_code="S2", name="5C"))
    body = {"learner_id": learner_id, "receiving_school_code": "S2", "applicant_name": "Vàng Thị Mai", "ground": "moves_home"}

    async def school_is_known() -> bool:
        return (await mother.post("/dossiers", body)).status_code == 201

    await until(school_is_known)
    (dossier,) = (await mother.get("/dossiers")).json()["items"]
    receiving = two.caller("school_admin@S2")
    dossier = await receiving.must(await mother.must(dossier, "submit"), "receive")
    for room, code in rooms:
        answer = await receiving.act(dossier, "approve", {"class_id": room["class_id"]})
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/class_id", code)]
    dossier = await receiving.must(dossier, "approve", {"class_id": right["class_id"]})
    became = await admin.patch("/classes/" + right["class_id"], {"grade": 4}, if_match='"1"')
    assert became.status_code == 200, became.text
    dossier = await two.caller("school_admin@S1").must(dossier, "release")

    async def stands(stage: str) -> bool:
        return bool((await receiving.read(dossier))["stage"] == stage)

    await until(lambda: stands("flagged"))
    flagged = await receiving.read(dossier)
    assert flagged["flag_reason"] == "class_grade"
    again = await receiving.act(flagged, "retry", {"class_id": right["class_id"], "note": "như cũ"})
    assert [(one["pointer"], one["code"]) for one in again.json()["errors"]] == [("/class_id", "class_grade")]
    other = await admin.must("/classes", school_class(school_code="S2", name="5D"))
    await receiving.must(flagged, "retry", {"class_id": other["class_id"], "note": "lớp khác của trường nhận"})
    await until(lambda: stands("assigned"))


async def test_a_school_of_another_level_is_refused_at_drafting(two: Two) -> None:
    learner_id, mother = await family(two)
    await two.registry.organisation("MN", "school", "C2", levels=["preschool"])
    body = {"learner_id": learner_id, "applicant_name": "Vàng Thị Mai", "ground": "moves_home"}

    async def refused() -> bool:
        answer = await mother.post("/dossiers", body | {"receiving_school_code": "MN"})
        assert answer.status_code == 422, answer.text
        (found,) = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        return bool(found == ("/receiving_school_code", "level_not_taught"))

    await until(refused)
    assert (await mother.get("/dossiers")).json()["items"] == []


async def test_nobody_decides_their_own_childs_dossier(two: Two) -> None:
    child = await two.registry.admin.must("/learners", learner(enrolment=enrolment()))
    named = {"learner_id": child["learner_id"], "relation": "mother", "person": person()}
    guardian = (await two.registry.admin.must("/guardians", named))["guardian_person_id"]
    both = two.caller("school_admin@S2", person_id=guardian)
    body = {"receiving_school_code": "S2", "applicant_name": "Vàng Thị Mai", "ground": "moves_home", "channel": "counter"}

    async def school_is_known() -> bool:
        return (await both.post("/dossiers", body | {"learner": papers(child)})).status_code == 201

    await until(school_is_known)
    (dossier,) = (await both.get("/dossiers")).json()["items"]
    dossier = await both.must(await both.must(dossier, "submit"), "receive")
    for action, sent in (("approve", {}), ("refuse", {"reasons": [TC10]})):
        answer = await both.act(dossier, action, sent)
        assert (answer.status_code, answer.json()["detail_en"]) == (403, "Nobody decides the dossier of their own child.")
    dossier = await two.caller("school_admin@S2", person_id=str(uuid4())).must(dossier, "approve", {})
    sending = two.caller("school_admin@S1", person_id=guardian)
    assert (await sending.act(dossier, "release")).json()["detail_en"] == "Nobody decides the dossier of their own child."
    assert (await two.caller("school_admin@S1").must(dossier, "release"))["stage"] == "released"
