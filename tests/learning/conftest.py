"""The learning service under test: its application on a real database, files in a folder, one small province."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.learning.main import SERVICE
from tests.learning.samples import PDF, content
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import plant_organisation, running
from tests.support.tokens import Issuer

V1 = "/learning/v1"
MAX_FILE_BYTES = 3 << 20


@dataclass(frozen=True, slots=True)
class Caller:
    """One account: calls the service with its grants."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        return await self.client.get(V1 + path, params=query, headers=self.headers | (headers or {}))

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.client.post(V1 + path, json=body, headers=self.headers | _names(headers))

    async def put(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.put(V1 + path, json=body, headers=self.headers | _names(headers))

    async def patch(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.patch(V1 + path, json=body, headers=self.headers | _names(headers))

    async def upload(self, content_id: str, file: Any = PDF, name: str = "Bài 1.pdf", **headers: str) -> httpx.Response:
        given = self.headers | {"If-Match": "*"} | _names(headers)
        return await self.client.put(f"{V1}/workspace/{content_id}/file", params={"name": name}, content=file, headers=given)

    async def must(self, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Do something that is expected to succeed."""
        answer = await self.post(path, body, **headers)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def act(self, content_id: str, action: str, body: Any = None, match: str = "*") -> httpx.Response:
        """Submit, approve, return or withdraw."""
        return await self.post(f"/workspace/{content_id}/{action}", body, If_Match=match)

    async def submitted(self, **others: Any) -> str:
        """Draft something, give it a file and submit it; returns its id."""
        made = await self.must("/workspace", content(**others))
        content_id = str(made["content_id"])
        filled = await self.upload(content_id)
        assert filled.status_code == 200, filled.text
        sent = await self.act(content_id, "submit")
        assert sent.status_code == 200, sent.text
        return content_id


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class World:
    """A province with two communes and a school in each."""

    def __init__(self, client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase, files: Path) -> None:
        self.client, self.issuer, self.database, self.files = client, issuer, database, files
        self.teacher = self.caller("teacher@S1")
        self.reviewer = self.caller("school_admin@S1")
        self.stranger = self.caller("school_admin@S2")

    def caller(self, *grants: str, **claims: Any) -> Caller:
        return Caller(self.client, self.issuer.headers(*grants, **claims))

    async def plant(self) -> None:
        province = await plant_organisation(self.database, uuid4(), "P1", kind="province")
        for number in "12":
            commune = await plant_organisation(self.database, uuid4(), "C" + number, kind="commune", parent_path=province)
            await plant_organisation(self.database, uuid4(), "S" + number, kind="school", parent_path=commune)

    async def approved(self, **others: Any) -> str:
        """Let the teacher write something and the reviewer approve it; returns its id."""
        content_id = await self.teacher.submitted(**others)
        answer = await self.reviewer.act(content_id, "approve")
        assert answer.status_code == 200, answer.text
        return content_id

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.database.superuser_url)
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()


@pytest.fixture
def database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("learning", SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
async def world(database: TestDatabase, bus: TestDatabase, issuer: Issuer, tmp_path: Path) -> AsyncIterator[World]:
    files = tmp_path / "files"
    async with running(
        SERVICE, database, bus, issuer, learning_storage=f"file://{files}", learning_max_file_bytes=MAX_FILE_BYTES
    ) as client:
        made = World(client, issuer, database, files)
        await made.plant()
        yield made
