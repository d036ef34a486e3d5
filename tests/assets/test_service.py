"""What holds for the service as a whole: permissions, contracts, migrations, row security, the worker process."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from libs.common.db.migrate import migrate
from libs.common.events.envelope import Attributes, Message, binary_headers
from libs.common.events.topics import ASSETS_ASSET, ASSETS_NORM, REGISTRY_LEARNER
from libs.common.events.transport.postgres import PostgresTransport
from libs.common.openapi import permissions
from libs.common.settings import Settings
from services.assets.copies import messages
from services.assets.main import SERVICE
from services.assets.need.events import NormSet
from services.registry.learners import events as registry
from tests.assets.conftest import MOMENT, World, computer
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.tokens import AUDIENCE, Issuer

PATIENCE_SECONDS = 60.0
BUS_TABLES = {"alembic_version", "idempotency", "outbox", "inbox", "dead_letter", "organisation_path"}
TABLES = """
SELECT relname, relrowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
LEFT = """
SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname NOT LIKE 'alembic%'
UNION ALL SELECT proname FROM pg_proc p
WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
COUNT = "SELECT count(*) FROM {}"
UNSEEN = (
    "asset",
    "asset_cost_change",
    "learner_spell",
    "wear_run",
    "wear_case",
    "wear_result",
    "import_run",
    "import_error",
    "change",
    "audit",
)


def application() -> FastAPI:
    unused = SecretStr("postgresql://unused")
    return SERVICE.app(Settings(database_url=unused, bus_url=unused, issuer="unused", jwks_url="unused"))


def calls() -> list[tuple[str, str, str]]:
    """Every method, path and permission."""
    found = []
    for route, permission in permissions(application()):
        path = route.path_format
        for name, value in {"organisation_code": "S1", "asset_code": "X", "level": "primary", "valid_from": "2026-01-01"}.items():
            path = path.replace("{" + name + "}", value)
        while "{" in path:
            path = path[: path.index("{")] + str(uuid4()) + path[path.index("}") + 1 :]
        found += [(method, path, permission or "") for method in route.methods or ()]
    return [call for call in found if call[1].startswith("/assets")]


async def test_every_route_wants_a_caller_and_its_permission(world: World) -> None:
    assert len(calls()) >= 20
    for method, path, permission in calls():
        assert permission.startswith("assets."), path
        assert (await world.client.request(method, path)).status_code == 401, (method, path)
        refused = await world.client.request(method, path, headers=world.issuer.headers())
        assert refused.status_code == 403, (method, path, refused.text)
        assert permission in refused.json()["detail"]


async def test_a_machine_client_needs_its_scope(world: World) -> None:
    headers = world.issuer.headers("integrator@*", sid=None, scope="assets.read")
    assert (await world.client.get("/assets/v1/assets", headers=headers)).status_code == 200
    assert (await world.client.post("/assets/v1/assets", headers=headers, json=computer())).status_code == 403


def test_contracts() -> None:
    documents = SERVICE.contracts()
    assert {"/assets/v1/assets/{asset_id}/wear", "/assets/v1/need"} <= set(documents["openapi.json"]["paths"])
    assert set(documents["asyncapi.json"]["channels"]) == {ASSETS_ASSET.name, ASSETS_NORM.name}
    assert len(documents["asyncapi.json"]["components"]["messages"]) == 4


def test_the_registry_tells_what_is_read_here() -> None:
    assert frozenset(kind.TYPE for kind in registry.LearnerEvent.__subclasses__()) == messages.LEARNER_TYPES
    spell = registry.Spell(
        enrolment_id=uuid4(),
        school_id=uuid4(),
        class_id=None,
        school_year="2017-2018",
        grade=1,
        level="primary",
        studies_informatics=True,
        valid_from=date(2017, 9, 1),
        valid_to=None,
    )
    told = registry.LearnerEnrolled(learner_id=uuid4(), enrolments=[spell], birth_year=2010, sex=1, version=2)
    read = messages.LearnerMessage.model_validate_json(told.model_dump_json())
    assert read.enrolments[0].model_dump() == spell.model_dump(include=set(messages.SpellPart.model_fields))


@pytest.fixture
def fresh(postgres: TestPostgres) -> TestDatabase:
    return postgres.database("assets", SERVICE.versions)


async def test_the_schema_goes_down_without_a_trace_and_up_again(fresh: TestDatabase, postgres: TestPostgres) -> None:
    connection = await asyncpg.connect(fresh.superuser_url)
    await migrate(fresh.owner_url, fresh.url, SERVICE.versions, "base")
    assert [row[0] for row in await connection.fetch(LEFT)] == []
    await migrate(fresh.owner_url, fresh.url, SERVICE.versions)
    assert await connection.fetchval("SELECT count(*) FROM norm") == 2
    bodies = [row[0] for row in await connection.fetch("SELECT body FROM outbox WHERE topic = $1", ASSETS_NORM.name)]
    assert {NormSet.model_validate_json(body).level for body in bodies} == {"primary", "lower_secondary"}
    unprotected = {row["relname"] for row in await connection.fetch(TABLES) if not row["relrowsecurity"]}
    await connection.close()
    await asyncio.to_thread(postgres.drop, fresh)
    assert unprotected == BUS_TABLES


async def test_without_a_scope_nothing_is_visible(world: World) -> None:
    made = await world.school.must("/assets", computer())
    change = {"cost": 20_000_000, "cost_reason": "part_added"}
    await world.school.send("PATCH", "/assets/" + made["asset_id"], change, If_Match='"1"')
    await world.school.must("/wear/runs", {"organisation_code": "S1", "year": 2026})
    await world.school.file("nothing\n")
    await world.rows("INSERT INTO learner_spell VALUES (new_id(), new_id(), 'primary', '2026-01-01', NULL, 1) RETURNING 1")
    privileged = await asyncpg.connect(world.database.superuser_url)
    for table in UNSEEN:
        query = COUNT.format(table)
        assert await privileged.fetchval(query) > 0, table
        assert await world.connection.fetchval(query) == 0, table
    await privileged.close()


@pytest.fixture
def own_bus(postgres: TestPostgres) -> Iterator[TestDatabase]:
    """A bus with nothing on it from other tests."""
    made = postgres.bus()
    yield made
    postgres.drop(made)


async def test_the_worker_process_counts_learners_and_relays_events(world: World, own_bus: TestDatabase, issuer: Issuer) -> None:
    school = await world.rows("SELECT organisation_id FROM organisation_path WHERE code = 'S1'")
    spell = registry.Spell(
        enrolment_id=uuid4(),
        school_id=school[0][0],
        class_id=None,
        school_year="2017-2018",
        grade=1,
        level="primary",
        studies_informatics=False,
        valid_from=date(2017, 9, 1),
        valid_to=None,
    )
    told = registry.LearnerEnrolled(learner_id=uuid4(), enrolments=[spell], birth_year=2010, sex=1, version=2)
    attributes = Attributes(uuid4(), told.TYPE, told.key, told.sequence, MOMENT)
    transport = PostgresTransport(own_bus.url)
    await transport.ensure_topics([REGISTRY_LEARNER])
    await transport.send([Message(REGISTRY_LEARNER.name, told.key, binary_headers(attributes), told.model_dump_json().encode())])
    await transport.close()
    await world.school.must("/assets", computer())
    settings = {
        "LIENTHONG_DATABASE_URL": world.database.url,
        "LIENTHONG_BUS_URL": own_bus.url,
        "LIENTHONG_ISSUER": issuer.url,
        "LIENTHONG_JWKS_URL": issuer.jwks_url,
        "LIENTHONG_AUDIENCE": AUDIENCE,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.assets.main", "worker", env={**os.environ, **settings})
    try:
        deadline, found = time.monotonic() + PATIENCE_SECONDS, (0, 1)
        while found != (1, 0) and time.monotonic() < deadline:
            assert process.returncode is None
            await asyncio.sleep(0.2)
            need = (await world.school.get("/need", organisation="S1")).json()
            found = (need["total"]["learners"], (await world.rows("SELECT count(*) FROM outbox"))[0][0])
        assert found == (1, 0)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
