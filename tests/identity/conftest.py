"""Both issuers, started once: the sandbox issuer on its database, and a real Keycloak with the realm applied."""

import asyncio
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from libs.common.db.engine import Database
from libs.common.settings import Profile
from services.identity.bootstrap import load
from services.identity.keycloak_provider import KeycloakProvider
from services.identity.main import SERVICE
from services.identity.provider import Provider
from services.identity.realm.document import read_realm
from services.identity.realm.server import RealmServer, administrator
from services.identity.sandbox_provider import SandboxProvider
from services.identity.settings import IdentitySettings, identity_settings
from tests.identity.keycloak import ADMIN_PASSWORD, running_keycloak
from tests.identity.world import FIRST, RunningIssuer, make_settings, serving, working
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import plant_organisation


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def fill(database: TestDatabase, provider: Provider, settings: IdentitySettings) -> None:
    """Put the first accounts and clients in, then the organisations: they arrive later, as on a first start."""
    opened = Database(database.url, pool_size=2)
    try:
        await load(opened, provider, FIRST, read_realm(settings.realm_file).clients)
    finally:
        await opened.close()
    province = await plant_organisation(database, uuid4(), "LC", kind="province")
    for code in ("LC-PD", "LC-BY"):
        await plant_organisation(database, uuid4(), code, kind="school", parent_path=province)


@pytest.fixture(scope="session")
def identity_database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("identity", SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
def own_database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    """A database that a test may kill its processes on."""
    made = postgres.database("identity", SERVICE.versions)
    asyncio.run(fill(made, SandboxProvider(identity_settings()), identity_settings()))
    yield made
    postgres.drop(made)


@pytest.fixture(scope="session")
def sandbox(identity_database: TestDatabase, bus: TestDatabase) -> Iterator[RunningIssuer]:
    asyncio.run(fill(identity_database, SandboxProvider(identity_settings()), identity_settings()))
    port = free_port()
    url = f"http://127.0.0.1:{port}/identity/oidc"
    settings = make_settings(identity_database, bus, issuer=url, jwks_url=url + "/jwks", port=port, profile=Profile.SANDBOX)
    with serving(SERVICE.app(settings), port), working(settings):
        yield RunningIssuer("sandbox", url, url + "/jwks", {"api": f"http://127.0.0.1:{port}", "database": identity_database})


@pytest.fixture(scope="session")
def keycloak_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentitySettings]:
    """A Keycloak of our own, or the one that LIENTHONG_TEST_KEYCLOAK names."""
    given = os.environ.get("LIENTHONG_TEST_KEYCLOAK")
    if given:
        yield IdentitySettings(keycloak_url=given, keycloak_admin_password=SecretStr(ADMIN_PASSWORD))
        return
    if shutil.which("java") is None:
        if os.environ.get("CI"):
            pytest.fail("Java is missing")
        pytest.skip("Keycloak needs Java")
    with running_keycloak(Path(tmp_path_factory.mktemp("keycloak")), free_port()) as url:
        yield IdentitySettings(keycloak_url=url, keycloak_admin_password=SecretStr(ADMIN_PASSWORD))


@pytest.fixture(scope="session")
def keycloak_bus(postgres: TestPostgres) -> Iterator[TestDatabase]:
    """A bus of its own: on a common one the two workers would share a group, and one would take notices meant for the other."""
    made = postgres.bus()
    yield made
    postgres.drop(made)


@pytest.fixture(scope="session")
def keycloak(keycloak_settings: IdentitySettings, postgres: TestPostgres, keycloak_bus: TestDatabase) -> Iterator[RunningIssuer]:
    port = free_port()
    api = f"http://127.0.0.1:{port}"
    realm = read_realm(keycloak_settings.realm_file, api).model_copy(update={"realm": "test-" + secrets.token_hex(4)})
    admin = administrator(keycloak_settings, realm.realm)
    RealmServer(admin, realm).apply()
    provider = KeycloakProvider(admin, realm.realm, [scope.name for scope in realm.scopes if scope.default])
    database = postgres.database("identity", SERVICE.versions)
    asyncio.run(fill(database, provider, keycloak_settings))
    url = f"{keycloak_settings.keycloak_url}/realms/{realm.realm}"
    certs = url + "/protocol/openid-connect/certs"
    settings = make_settings(database, keycloak_bus, issuer=url, jwks_url=certs, port=port, profile=Profile.FULL)
    app = SERVICE.app(settings)
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # the realm of this run has a name of its own
            patch.setattr("services.identity.lifespan.open_provider", lambda *_: provider)
            stack.enter_context(serving(app, port))
        stack.enter_context(working(settings))
        yield RunningIssuer("keycloak", url, certs, {"api": api, "database": database, "admin": admin, "provider": provider})
    admin.delete_realm(realm.realm)
    postgres.drop(database)


@pytest.fixture(params=["sandbox", pytest.param("keycloak", marks=pytest.mark.keycloak)])
def any_issuer(request: pytest.FixtureRequest) -> RunningIssuer:
    issuer: RunningIssuer = request.getfixturevalue(request.param)
    return issuer


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """One browser."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client
