"""A service under test: its real application on a real database, called over ASGI."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
from pydantic import SecretStr

from tests.support.tokens import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from fastapi import FastAPI

    from libs.common.service import Service
    from tests.support.postgres import TestDatabase
    from tests.support.tokens import Issuer


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Start the application and yield a client of it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


@asynccontextmanager
async def running(
    service: Service, database: TestDatabase, bus: TestDatabase, issuer: Issuer, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Start a service's API on a test database and yield a client of it."""
    made = service.settings(
        database_url=SecretStr(database.url),
        bus_url=SecretStr(bus.url),
        issuer=issuer.url,
        jwks_url=issuer.jwks_url,
        audience=AUDIENCE,
        **settings,
    )
    async with calling(service.app(made)) as client:
        yield client


async def plant_organisation(database: TestDatabase, organisation_id: UUID, code: str, *, kind: str, parent_path: str = "") -> str:
    """Put an organisation into the tree that scopes are read from; returns its path."""
    path = (parent_path + "." if parent_path else "") + organisation_id.hex
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute(
            "INSERT INTO organisation_path (organisation_id, code, name, kind, path) VALUES ($1, $2, $2, $3, text2ltree($4))",
            organisation_id,
            code,
            kind,
            path,
        )
    finally:
        await connection.close()
    return path
