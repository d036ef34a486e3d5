"""Sends files as a client does and works them off as the worker does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import pytest

from services.registry.imports import worker
from services.registry.imports.routes import router
from services.registry.imports.settings import ImportSettings
from services.registry.main import SERVICE
from tests.common.imports.samples import CSV
from tests.registry.conftest import V1, World
from tests.support.postgres import TestDatabase
from tests.support.service import running
from tests.support.tokens import Issuer

COUNTS = """
SELECT (SELECT count(*) FROM organisation), (SELECT count(*) FROM organisation_version), (SELECT count(*) FROM class),
    (SELECT count(*) FROM staff), (SELECT count(*) FROM post), (SELECT count(*) FROM staff_certificate), (SELECT count(*) FROM learner),
    (SELECT count(*) FROM enrolment), (SELECT count(*) FROM person), (SELECT count(*) FROM person_identifier),
    (SELECT count(*) FROM outbox), (SELECT count(*) FROM change)"""


@dataclass(frozen=True, slots=True)
class Importer:
    """One account that sends files."""

    world: World
    headers: dict[str, str]
    limits: ImportSettings

    async def send(self, kind: str, content: bytes | str, media: str = CSV, **query: Any) -> Any:
        body = content.encode() if isinstance(content, str) else content
        headers = self.headers | {"content-type": media}
        return await self.world.client.post(V1 + "/imports", content=body, params={"kind": kind, **query}, headers=headers)

    async def read(self, import_id: str, rest: str = "", **headers: str) -> Any:
        return await self.world.client.get(V1 + "/imports/" + import_id + rest, headers=self.headers | headers)

    async def run(self, kind: str, content: bytes | str, media: str = CSV, **query: Any) -> dict[str, Any]:
        """Send a file, work it off, and return the run."""
        answer = await self.send(kind, content, media, **query)
        assert answer.status_code in {200, 202}, answer.text
        await self.work()
        return dict((await self.read(answer.json()["import_id"])).json())

    async def faults(self, run: dict[str, Any]) -> list[tuple[int, str, str]]:
        """Return row, column and code of every fault on the first page."""
        answer = await self.read(run["import_id"], "/errors?limit=500")
        return [(fault["row"], fault["column"], fault["code"]) for fault in answer.json()["items"]]

    async def refused(self, kind: str, content: bytes | str, media: str = CSV) -> list[tuple[int, str, str]]:
        """Send a file that is expected to be rejected, and return its faults; nothing was written."""
        before = await self.counts()
        run = await self.run(kind, content, media)
        assert run["state"] == "rejected", run
        assert await self.counts() == before
        return await self.faults(run)

    async def work(self) -> int:
        return await worker.work_once(self.world.database.url, self.limits)

    async def counts(self) -> list[int]:
        """Count everything that an import could leave behind."""
        return list((await self.rows(COUNTS))[0])

    async def value(self, query: str, *arguments: Any) -> Any:
        connection = await asyncpg.connect(self.world.database.superuser_url)
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.world.database.superuser_url)
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()


@pytest.fixture
async def world(database: TestDatabase, bus: TestDatabase, issuer: Issuer) -> AsyncIterator[World]:
    service = SERVICE if router in SERVICE.routers else replace(SERVICE, routers=[*SERVICE.routers, router])
    async with running(replace(service, max_body_bytes=ImportSettings().max_bytes), database, bus, issuer) as client:
        made = World(client, issuer, database)
        await made.plant()
        yield made


@pytest.fixture
async def importer(world: World) -> Importer:
    return Importer(world, world.issuer.headers("province_officer@P1"), ImportSettings())


@pytest.fixture
async def clerk(world: World) -> Importer:
    """An account of one school only."""
    return Importer(world, world.issuer.headers("clerk@S1"), ImportSettings())
