"""The accounts, clients and organisations that the tests of identity share."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from libs.common.auth.oidc_client import OidcClient, Tokens
from libs.common.settings import Profile, Settings
from services.identity.bootstrap import Bootstrap, FirstAccount, FirstClient
from tests.support.postgres import TestDatabase

PASSWORD = "lien-thong-2026"
PERSON = UUID("01900000-0000-7000-8000-000000000001")
REDIRECT = "http://127.0.0.1:54321/callback"
VENDOR, SECRET = "sms-vendor", "a-secret-of-the-tests-only-0123456789"
WEB = "lienthong-web"


def person(username: str, name: str, grant: str, person_id: UUID | None = None) -> FirstAccount:
    """Return a synthetic account with the password of the tests."""
    return FirstAccount(username=username, password=SecretStr(PASSWORD), name=name, grants=[grant], person_id=person_id)


FIRST = Bootstrap(
    accounts=[
        person("quan.tri", "Quản trị nền tảng", "platform_admin@*"),
        person("so.gd", "Cán bộ Sở", "province_officer@LC"),
        person("hieu.truong", "Hiệu trưởng", "school_admin@LC-PD", PERSON),
        person("hieu.truong.khac", "Hiệu trưởng khác", "school_admin@LC-BY"),
        person("bi.khoa", "Người thử mật khẩu", "clerk@LC-PD"),
    ],
    clients=[
        FirstClient(
            client_id=VENDOR,
            secret=SecretStr(SECRET),
            scopes=["registry.read", "registry.write"],
            grants=["integrator@LC"],
            name="Nhà cung cấp",
        )
    ],
)


@dataclass
class RunningIssuer:
    """An issuer that tests can sign in at; `kind` is sandbox or keycloak."""

    kind: str
    url: str
    jwks_url: str
    extras: dict[str, Any] = field(default_factory=dict)

    def web(self, http: httpx.AsyncClient) -> OidcClient:
        """Return the public client in a fresh browser."""
        return OidcClient(self.url, http, client_id=WEB)

    def vendor(self, http: httpx.AsyncClient, secret: str | None = SECRET) -> OidcClient:
        """Return the vendor's client."""
        return OidcClient(self.url, http, client_id=VENDOR, client_secret=secret)


def make_settings(database: TestDatabase, bus: TestDatabase, *, issuer: str, jwks_url: str, port: int, profile: Profile) -> Settings:
    """Return the settings of an identity process on test databases."""
    return Settings(
        profile=profile,
        database_url=SecretStr(database.url),
        owner_url=SecretStr(database.owner_url),
        bus_url=SecretStr(bus.url),
        issuer=issuer,
        jwks_url=jwks_url,
        port=port,
        pool_size=5,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment that gives another process the same settings."""
    secrets = {"database_url", "owner_url", "bus_url"}
    given = {name: getattr(settings, name) for name in ("profile", "issuer", "jwks_url", "host", "port", *secrets)}
    values = {name: value.get_secret_value() if name in secrets else str(value) for name, value in given.items()}
    return os.environ | {"LIENTHONG_" + name.upper(): value for name, value in values.items()}


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Run the worker as a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "services.identity.main", "worker"], env=environment(settings))
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """Run an application by uvicorn in a thread of this process; waits until it answers."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        for _ in range(200):
            if server.started:
                break
            thread.join(0.05)
        if not server.started:
            raise RuntimeError("the application did not start")
        yield
    finally:
        server.should_exit = True
        thread.join(20)


def claims_in(tokens: Tokens) -> dict[str, Any]:
    """Return the claims of an access token, unchecked."""
    payload = tokens.access_token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
