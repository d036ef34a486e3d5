"""The world goes through the real registry and the real event bus into insight, and insight comes to every printed figure."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from libs.common.events.worker import run_worker
from services.assets.main import SERVICE as ASSETS
from services.egov.main import SERVICE as EGOV
from services.insight.main import SERVICE as INSIGHT
from services.registry.main import SERVICE as REGISTRY
from stack.world import accounts, load, phong_dong, printed, verify
from stack.world.client import Gateway
from tests.support.service import calling
from tests.support.tokens import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from libs.common.service import Service
    from libs.common.settings import Settings
    from tests.support.postgres import TestDatabase, TestPostgres
    from tests.support.tokens import Issuer

SERVICES = (REGISTRY, ASSETS, EGOV, INSIGHT)


@dataclass(slots=True)
class ByPath(httpx.AsyncBaseTransport):
    """Stands where the gateway stands: sends each path to its service, and notes what is written."""

    services: dict[str, httpx.AsyncClient]
    written: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.written.append(f"{request.method} {request.url.path}")
        client = self.services[request.url.path.split("/")[1]]
        return await client.send(request)


@dataclass(frozen=True, slots=True)
class Target:
    """The vendor client's view of the platform under test."""

    issuer: Issuer
    gateway_url: str = "http://gateway"

    async def token(self) -> str:
        return self.issuer.token("integrator@*", scope=" ".join(accounts.SCOPES), sid=None, sub="world-loader")


@pytest.fixture
def databases(postgres: TestPostgres) -> Iterator[dict[str, TestDatabase]]:
    made = {service.name: postgres.database(service.name, service.versions) for service in SERVICES}
    made["bus"] = postgres.bus()
    yield made
    for database in made.values():
        postgres.drop(database)


@asynccontextmanager
async def whole(service: Service, databases: dict[str, TestDatabase], issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """Run a service's API and everything its worker process does."""
    settings: Settings = service.settings(
        database_url=SecretStr(databases[service.name].url),
        bus_url=SecretStr(databases["bus"].url),
        issuer=issuer.url,
        jwks_url=issuer.jwks_url,
        audience=AUDIENCE,
    )
    stop = asyncio.Event()
    topics = sorted({event.TOPIC for event in service.events}, key=lambda topic: topic.name)
    worker = asyncio.create_task(run_worker(settings, service.consumers, topics, stop=stop))
    jobs = [asyncio.create_task(job(settings)) for job in service.jobs]
    try:
        async with calling(service.app(settings)) as client:
            yield client
    finally:
        stop.set()
        for job in jobs:
            job.cancel()
        await asyncio.gather(worker, *jobs, return_exceptions=True)


def silent(step: str, done: int, total: int) -> None:
    assert 0 <= done <= total, step


@pytest.mark.slow
async def test_the_world_loads_twice_and_every_printed_figure_is_computed(databases: dict[str, TestDatabase], issuer: Issuer) -> None:
    world = phong_dong.build()
    async with AsyncExitStack() as stack:
        network = ByPath({one.name: await stack.enter_async_context(whole(one, databases, issuer)) for one in SERVICES})
        async with Gateway(Target(issuer), network) as gateway:
            first = await load.load_all(gateway, world, silent)
            document = await gateway.get(f"/insight/v1/plans/{world.plan}/comparison", {"organisation": world.subject_code})
            network.written.clear()
            second = await load.load_all(gateway, world, silent)
            school = await gateway.get("/registry/v1/learners", {"school": "PHONG-DONG", "status": "01", "count": "exact", "limit": "1"})
    assert set(first.people) == {"parent", "teacher"}
    assert (second.people, second.rows) == (first.people, first.rows)
    assert {request.split("/")[-1] for request in network.written} == {"imports", "import"}
    assert school["count"] == 684
    _every_figure_holds(document, world.plan)


def _every_figure_holds(document: dict[str, Any], plan: str) -> None:
    rows = verify.judge(printed.figures(plan), document["figures"])
    assert [row for row in rows if not row.holds] == []
    measured = {row.figure for row in rows if row.state in {verify.AGREES, verify.EXPLAINED}}
    assert {figure for figure in printed.figures(plan) if printed.answerable(figure)} <= measured
