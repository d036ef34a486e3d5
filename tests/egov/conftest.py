"""E-government under test: its application on a real database, a small province, a stand-in for the registry, a clock that tests set."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg
import httpx
import orjson
import pytest

from libs.common.clock import VIETNAM
from libs.common.events.apply import Applier
from libs.common.events.envelope import Attributes, Record, binary_headers
from libs.common.events.topics import Topic
from services.egov.dossiers import drafting, saga, service
from services.egov.dossiers.consumers import CONSUMERS
from services.egov.main import SERVICE
from tests.egov.registry import StandIn, standing_in
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import plant_organisation, running
from tests.support.tokens import Issuer

V1 = "/egov/v1"
EMPTY = """
TRUNCATE organisation_path, dossier, dossier_step, agency, day_number, procedure_offer, document_count, school_levels, outbox, inbox,
    dead_letter, audit, change, idempotency"""
MONDAY = datetime(2026, 11, 9, 9, 0, tzinfo=VIETNAM)


def identity(name: str) -> UUID:
    """Return the same id for the same name."""
    return uuid5(NAMESPACE_URL, name)


@dataclass(slots=True)
class Hands:
    """The clock that dossiers read."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def go(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the service with one set of grants."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    person_id: str | None = None

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(V1 + path, params=query, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, V1 + path, json=body, headers=self.headers | named)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.send("POST", path, {} if body is None else body, **headers)

    async def act(self, dossier: dict[str, Any], action: str, body: Any = None, **headers: str) -> httpx.Response:
        """Do something to a dossier at the version that was last read."""
        named = {"if_match": f'"{dossier["version"]}"'} | headers
        return await self.post(f"/dossiers/{dossier['dossier_id']}/{action}", body, **named)

    async def must(self, dossier: dict[str, Any], action: str, body: Any = None) -> dict[str, Any]:
        answer = await self.act(dossier, action, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def read(self, dossier: dict[str, Any]) -> dict[str, Any]:
        answer = await self.get(f"/dossiers/{dossier['dossier_id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def steps(self, dossier: dict[str, Any]) -> list[dict[str, Any]]:
        return list((await self.get(f"/dossiers/{dossier['dossier_id']}/steps")).json()["items"])


@dataclass
class World:
    """One province with two communes and two schools, a child in S1 and its mother."""

    client: httpx.AsyncClient
    issuer: Issuer
    database: TestDatabase
    registry: StandIn
    hands: Hands
    position: int = 0
    learner_id: str = field(default_factory=lambda: str(uuid4()))
    child_id: str = field(default_factory=lambda: str(uuid4()))
    mother_id: str = field(default_factory=lambda: str(uuid4()))

    def caller(self, *grants: str, **claims: Any) -> Caller:
        return Caller(self.client, self.issuer.headers(*grants, **claims), claims.get("person_id"))

    @property
    def mother(self) -> Caller:
        return self.caller("guardian@S1", person_id=self.mother_id)

    @property
    def sending(self) -> Caller:
        return self.caller("school_admin@S1")

    @property
    def receiving(self) -> Caller:
        return self.caller("school_admin@S2")

    async def plant(self) -> None:
        await self.rows(EMPTY)
        parent = await plant_organisation(self.database, identity("P1"), "P1", kind="province")
        for commune, school in (("C1", "S1"), ("C2", "S2"), ("C3", "S3")):
            path = await plant_organisation(self.database, identity(commune), commune, kind="commune", parent_path=parent)
            await plant_organisation(self.database, identity(school), school, kind="school", parent_path=path)
        self.add_learner(self.learner_id, self.child_id, self.mother_id)
        self.add_class("5B")

    def add_class(self, name: str, **others: Any) -> str:
        """Open a class of the receiving school in the registry; returns its id."""
        made = {"school_id": str(identity("S2")), "school_year": "2026-2027", "grade": 5, "level": "primary"} | others
        self.registry.classes[str(identity(name))] = made
        return str(identity(name))

    def add_learner(self, learner_id: str, person_id: str, guardian_id: str, school: str = "S1") -> None:
        self.registry.learners[learner_id] = {
            "learner_id": learner_id,
            "person_id": person_id,
            "ministry_code": "9100000017",
            "full_name": "Giàng A Páo",
            "birth_date": "2015-03-02",
            "school_id": str(identity(school)),
            "school_code": school,
            "class_id": str(identity("5A")),
            "grade": 5,
            "level": "primary",
            "version": 1,
        }
        self.registry.guardians[learner_id] = [guardian_id]

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database.superuser_url)
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def published(self) -> list[tuple[str, dict[str, Any]]]:
        """Every event so far, in order, without the common prefix."""
        found = await self.rows("SELECT type, body FROM outbox ORDER BY outbox_id")
        return [(row["type"].removeprefix("vn.lienthong.egov."), orjson.loads(row["body"])) for row in found]

    async def tell(self, topic: Topic, kind: str, key: str, version: int, body: dict[str, Any]) -> Record:
        """Apply an event of the registry through the consumers; returns the record, to be told again."""
        self.position += 1
        attributes = Attributes(uuid4(), "vn.lienthong.registry." + kind, key, version, self.hands.at)
        record = Record(topic.name, 0, self.position, key, binary_headers(attributes), orjson.dumps(body), self.hands.at)
        await self.apply(record)
        return record

    async def apply(self, record: Record) -> None:
        connection = await asyncpg.connect(self.database.url)
        try:
            for consumer in CONSUMERS:
                if record.topic in {topic.name for topic in consumer.topics}:
                    failure = await Applier(consumer).advance(connection, [record])
                    assert failure is None, failure.reason
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("egov", SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands()
    for module in (drafting, saga, service):
        monkeypatch.setattr(module, "now", made)
    return made


@pytest.fixture
async def world(database: TestDatabase, bus: TestDatabase, issuer: Issuer, hands: Hands) -> AsyncIterator[World]:
    with standing_in() as registry:
        async with running(SERVICE, database, bus, issuer, egov_registry_url=registry.url) as client:
            made = World(client, issuer, database, registry, hands)
            await made.plant()
            yield made
