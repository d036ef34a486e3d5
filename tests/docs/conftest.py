"""What the worked integration of docs/vendors.md runs on: identity and registry behind one address, as the gateway shows them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from libs.common.app import answer
from libs.common.db.engine import Database
from libs.common.errors import TooManyRequests
from libs.common.settings import Profile, Settings
from services.identity.bootstrap import Bootstrap, FirstClient, load
from services.identity.main import SERVICE as IDENTITY
from services.identity.sandbox_provider import SandboxProvider
from services.identity.settings import identity_settings
from services.registry.imports import worker
from services.registry.main import SERVICE
from services.registry.settings import RegistrySettings
from tests.gateway.harness import free_port
from tests.identity.world import serving
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import plant_organisation

OFFICER, SECRET = "officer-of-the-tests", "a-secret-of-the-tests-only-9876543210"
THROTTLED_ONCE = ("GET", "/registry/v1/learners")


@dataclass(frozen=True, slots=True)
class VendorPlatform:
    """Where the blocks find the platform."""

    url: str
    issuer: str
    officer_token: str
    throttled: list[str]


class OneAddress(FastAPI):
    """Passes each request to the service that its path names; one request is answered 429, as the gateway does over the rate."""

    def __init__(self, services: Mapping[str, FastAPI], settings: Settings, throttled: list[str]) -> None:
        self.services, self.settings_of_registry, self.throttled = services, settings, throttled
        super().__init__(lifespan=self._alive)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif (scope["method"], scope["path"]) == THROTTLED_ONCE and not self.throttled:
            self.throttled.append(scope["path"])
            await answer(TooManyRequests(headers={"Retry-After": "1"}))(scope, receive, send)
        else:
            await self.services[scope["path"].split("/")[1]](scope, receive, send)

    @asynccontextmanager
    async def _alive(self, _: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in self.services.values():
                await stack.enter_async_context(service.router.lifespan_context(service))
            importing = asyncio.create_task(worker.run(self.settings_of_registry))
            yield
            importing.cancel()
            with suppress(asyncio.CancelledError):
                await importing


@pytest.fixture(scope="module")
def databases(postgres: TestPostgres) -> Iterator[dict[str, TestDatabase]]:
    made = {"identity": postgres.database("identity", IDENTITY.versions), "registry": postgres.database("registry", SERVICE.versions)}
    yield made
    for database in made.values():
        postgres.drop(database)


@pytest.fixture(scope="module")
def vendor_platform(databases: dict[str, TestDatabase], bus: TestDatabase) -> Iterator[VendorPlatform]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    issuer = f"{url}/identity/oidc"
    common: dict[str, Any] = {"bus_url": SecretStr(bus.url), "issuer": issuer, "jwks_url": f"{issuer}/jwks", "profile": Profile.SANDBOX}
    registry = RegistrySettings(database_url=SecretStr(databases["registry"].url), **common)
    identity = Settings(database_url=SecretStr(databases["identity"].url), **common)
    asyncio.run(_admit_officer(databases["identity"]))
    throttled: list[str] = []
    front = OneAddress({"identity": IDENTITY.app(identity), "registry": SERVICE.app(registry)}, registry, throttled)
    with serving(front, port):
        form = {"grant_type": "client_credentials"}
        token = httpx.post(f"{issuer}/token", auth=(OFFICER, SECRET), data=form).raise_for_status().json()["access_token"]
        _plant(url, token)
        yield VendorPlatform(url, issuer, token, throttled)


async def _admit_officer(database: TestDatabase) -> None:
    """Make a client that may do everything, and the province that identity would have copied from the bus."""
    scopes = ["identity.read", "identity.write", "registry.read", "registry.write"]
    officer = FirstClient(client_id=OFFICER, secret=SecretStr(SECRET), scopes=scopes, grants=["platform_admin@*"])
    opened = Database(database.url, pool_size=1)
    try:
        await load(opened, SandboxProvider(identity_settings()), Bootstrap(clients=[officer]), [])
    finally:
        await opened.close()
    await plant_organisation(database, uuid4(), "AG", kind="province")


def _plant(url: str, token: str) -> None:
    """Put province and commune in: those of the world phong-dong, so that the blocks run against `make run` as well."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        for code, kind, parent in (("AG", "province", None), ("AG-VP", "commune", "AG")):
            body = {"name": f"Đơn vị {code}", "kind": kind, "parent_code": parent, "valid_from": "2010-01-01"}
            http.put(f"/registry/v1/organisations/by-code/{code}", json=body).raise_for_status()
