"""The assets service on a real database: a small tree of organisations, callers, and the way to feed its consumers."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg
import httpx
import orjson
import pytest

from libs.common.events.apply import Applier
from libs.common.events.envelope import Attributes, Record, binary_headers
from libs.common.events.topics import REGISTRY_LEARNER, REGISTRY_ORGANISATION_STATE, Topic
from services.assets.copies.consumers import CONSUMERS
from services.assets.main import SERVICE
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import Issuer

V1 = "/assets/v1"
SINCE = date(2010, 1, 1)
MOMENT = datetime(2017, 11, 12, 8, tzinfo=UTC)
EMPTY = """
TRUNCATE organisation_path, audit, change, idempotency, outbox, inbox, dead_letter, asset, asset_cost_change, learner_spell, rule_set,
    wear_run, wear_case, wear_result, import_run, import_error;
DELETE FROM norm WHERE valid_from <> '2016-10-07' OR version > 1"""
# Province P, communes C1 and C2, school S1 (with site T1) in C1, school S2 in C2.
TREE = {"P": "P", "C1": "P C1", "C2": "P C2", "S1": "P C1 S1", "T1": "P C1 S1 T1", "S2": "P C2 S2"}
KINDS = {"P": "province", "C": "commune", "S": "school", "T": "site"}


def identity(name: str) -> UUID:
    """Return the same id for the same name."""
    return uuid5(NAMESPACE_URL, name)


def path_of(names: str) -> str:
    """Return the ltree path from the root down."""
    return ".".join(identity(name).hex for name in names.split())


def computer(**others: Any) -> dict[str, Any]:
    """Return the body of a well-formed asset."""
    body = {"organisation_code": "S1", "asset_code": "MVT-01", "class_code": "teaching_computer", "level": "primary"}
    return body | {"quantity": 14, "cost": 15_000_000, "valid_from": "2026-01-15"} | others


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the service with one set of grants."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(V1 + path, params=query, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, V1 + path, json=body, headers=self.headers | named)

    async def must(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """Create something that is expected to succeed."""
        answer = await self.send("POST", path, body, **headers)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def file(self, content: str | bytes, media: str = "text/csv", *, dry_run: bool = False, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | {"content-type": media}
        return await self.client.post(V1 + "/imports", content=content, params={"dry_run": dry_run}, headers=self.headers | named)


class World:
    """The service, its callers and its consumers."""

    def __init__(self, client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase, connection: Any) -> None:
        self.client, self.issuer, self.database, self.connection = client, issuer, database, connection
        self.admin = self.caller("platform_admin@*")
        self.school = self.caller("school_admin@S1")
        self._position = 0

    def caller(self, *grants: str, **claims: Any) -> Caller:
        return Caller(self.client, self.issuer.headers(*grants, **claims))

    async def tell(self, topic: Topic, kind: str, key: UUID, version: int, body: dict[str, Any], event_id: UUID | None = None) -> None:
        """Give one event of the registry to every consumer of its topic."""
        self._position += 1
        attributes = Attributes(event_id or uuid4(), "vn.lienthong.registry." + kind, str(key), version, MOMENT)
        record = Record(topic.name, 0, self._position, str(key), binary_headers(attributes), orjson.dumps(body), MOMENT)
        for consumer in CONSUMERS:
            if topic in consumer.topics:
                failure = await Applier(consumer).advance(self.connection, [record])
                assert failure is None, failure.reason

    async def organisation(self, name: str, names: str, version: int = 1) -> None:
        """Tell where an organisation stands."""
        parents = names.split()
        state = {
            "code": name,
            "name": "Đơn vị " + name,
            "kind": KINDS[name[0]],
            "parent_id": identity(parents[-2]) if len(parents) > 1 else None,
            "path": path_of(names),
            "valid_from": SINCE,
            "valid_to": None,
        }
        body = {"organisation_id": identity(name), "versions": [state], "successors": [], "version": version}
        await self.tell(REGISTRY_ORGANISATION_STATE, "organisation.state.v1", identity(name), version, body)

    async def learner(self, name: str, *spells: dict[str, Any], version: int = 1, event_id: UUID | None = None) -> None:
        """Tell a learner's changed spells."""
        body = {"learner_id": identity(name), "birth_year": 2006, "sex": 1, "enrolments": list(spells)}
        await self.tell(REGISTRY_LEARNER, "learner.registered.v1", identity(name), version, body, event_id)

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return rows as the whole platform sees them."""
        async with self.connection.transaction():
            await self.connection.execute("SELECT open_scope('{*}', NULL, 'tests')")
            return [tuple(row) for row in await self.connection.fetch(query, *arguments)]


def spell(name: str, school: str, level: str, since: str = "2017-09-01", until: str | None = None) -> dict[str, Any]:
    """Return one enrolment spell."""
    return {
        "enrolment_id": identity("spell " + name),
        "school_id": identity(school),
        "class_id": None,
        "school_year": "2017-2018",
        "grade": 3,
        "level": level,
        "studies_informatics": False,
        "valid_from": since,
        "valid_to": until,
    }


async def plant(world: World, names: Sequence[str] = tuple(TREE)) -> None:
    """Tell the organisations of the tree."""
    for name in names:
        await world.organisation(name, TREE[name])


async def empty(database: TestDatabase) -> None:
    """Take everything away but what the migration put there."""
    superuser = await asyncpg.connect(database.superuser_url)
    await superuser.execute(EMPTY)
    await superuser.close()


@pytest.fixture(scope="module")
def database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("assets", SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
async def world(database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> AsyncIterator[World]:
    await empty(database)
    connection = await asyncpg.connect(database.url)
    async with running(SERVICE, database, bus, issuer) as client:
        made = World(client, issuer, database, connection)
        await plant(made)
        yield made
    await connection.close()
