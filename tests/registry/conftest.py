"""The registry under test: its application on a real database, and one small province to work in."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.registry.main import SERVICE
from tests.registry.samples import YEAR
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import Issuer

V1 = "/registry/v1"


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the registry with one set of grants."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(V1 + path, params=query, headers=self.headers)

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(V1 + path, json=body, headers=self.headers | _names(headers))

    async def put(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.put(V1 + path, json=body, headers=self.headers | _names(headers))

    async def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.patch(V1 + path, json=body, headers=self.headers | _names(headers))

    async def must(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """Create something that is expected to succeed."""
        answer = await self.post(path, body, **headers)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class World:
    """One province with two communes, two schools and a school year; `c` before each code keeps tests apart."""

    def __init__(self, client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase) -> None:
        self.client, self.issuer, self.database = client, issuer, database
        self.admin = self.caller("platform_admin@*")

    def caller(self, *grants: str, **claims: Any) -> Caller:
        return Caller(self.client, self.issuer.headers(*grants, **claims))

    async def organisation(self, code: str, kind: str, parent: str | None, **others: Any) -> dict[str, Any]:
        body = {"code": code, "name": f"Đơn vị {code}", "kind": kind, "parent_code": parent, "valid_from": "2015-01-01"} | others
        if kind == "school":
            body = {"levels": ["primary", "lower_secondary"], "school_type": "public"} | body
        return await self.admin.must("/organisations", body)

    async def plant(self) -> None:
        await self.organisation("P1", "province", None)
        await self.organisation("C1", "commune", "P1")
        await self.organisation("C2", "commune", "P1")
        await self.organisation("S1", "school", "C1")
        await self.organisation("S2", "school", "C2")
        year = await self.admin.put("/school-years/" + YEAR, {"starts_on": "2026-09-01", "ends_on": "2027-05-31"})
        assert year.status_code == 200, year.text


@pytest.fixture
def database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("registry", SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
async def world(database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> AsyncIterator[World]:
    async with running(SERVICE, database, bus, issuer) as client:
        made = World(client, issuer, database)
        await made.plant()
        yield made
