"""Databases and events for the tests of the event machinery; also imported by the fault tests and the benchmarks."""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

from libs.common.events import connections, outbox
from libs.common.events.catalogue import Event
from libs.common.events.connections import Connection
from libs.common.events.ddl import UPGRADE_1
from libs.common.events.topics import Topic
from libs.common.events.transport.postgres import prepare

ADMIN_URL = os.environ.get("LIENTHONG_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:55432/postgres")
COUNTER = Topic("test.counter", partitions=3)
COUNTER_STATE = Topic("test.counter.state", state=True, partitions=1)

# Stands for the common migration's function: records the actor, as the audit does.
OPEN_SCOPE = """
CREATE FUNCTION open_scope(codes text[], person uuid, actor text) RETURNS boolean LANGUAGE sql
RETURN set_config('lienthong.actor', actor, true) IS NOT NULL AND codes = '{*}' AND person IS NULL
"""
# The aggregate of these tests, and a projection without any constraint that would hide a doubled effect.
TABLES = [
    "CREATE TABLE counter (key text PRIMARY KEY, version bigint NOT NULL)",
    "CREATE TABLE effect (effect_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, consumer text, key text, sequence bigint, actor text)",
]


class Counted(Event):
    """A counter went up by one."""

    TYPE: ClassVar = "vn.lienthong.test.counter.counted.v1"
    TOPIC: ClassVar = COUNTER

    counter: str
    version: int

    @property
    def key(self) -> str:
        return self.counter

    @property
    def sequence(self) -> int:
        return self.version


class CounterState(Counted):
    """A counter stands at."""

    TYPE: ClassVar = "vn.lienthong.test.counter_state.changed.v1"
    TOPIC: ClassVar = COUNTER_STATE


@dataclass(frozen=True)
class Urls:
    """A database as its owner and as the application role, which owns nothing."""

    name: str
    owner: str
    app: str


def with_database(url: str, database: str, user: str | None = None) -> str:
    """Return a URL of the same server for another database and, if given, another user."""
    parts = urlsplit(url)
    place = parts.netloc if user is None else f"{user}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=place, path=f"/{database}"))


async def create_database(purpose: str) -> Urls:
    """Create an empty database and a role for it."""
    name = f"dev_b_{purpose}_{secrets.token_hex(4)}"
    password = secrets.token_hex(8)
    admin = await connections.connect(ADMIN_URL, "tests")
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    finally:
        await admin.close()
    owner = with_database(ADMIN_URL, name)
    return Urls(name, owner, with_database(ADMIN_URL, name, f"{name}:{password}"))


async def create_service_database() -> Urls:
    """Create a service's database: the event tables, the stub of open_scope, and the tests' own tables."""
    urls = await create_database("service")
    owner = await connections.connect(urls.owner, "tests")
    try:
        await owner.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {urls.name}")
        for statement in (*UPGRADE_1, OPEN_SCOPE, *TABLES):
            await owner.execute(statement)
    finally:
        await owner.close()
    return urls


async def create_bus() -> Urls:
    """Create the database of the PostgreSQL bus."""
    urls = await create_database("bus")
    await prepare(urls.owner, urls.name)
    return urls


async def drop_database(urls: Urls) -> None:
    """Remove a database and its role, whoever is still connected."""
    admin = await connections.connect(ADMIN_URL, "tests")
    try:
        await admin.execute(f"DROP DATABASE {urls.name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE {urls.name}")
    finally:
        await admin.close()


async def empty(url: str, *tables: str) -> None:
    """Remove all rows of tables."""
    owner = await connections.connect(url, "tests")
    try:
        await owner.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
    finally:
        await owner.close()


async def count_up(connection: Connection, key: str, times: int = 1) -> None:
    """Change one aggregate as a service does: lock its row, then write the event, in one transaction for each change."""
    for _ in range(times):
        async with connection.transaction():
            version = await connection.fetchval(
                "INSERT INTO counter AS c VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET version = c.version + 1 RETURNING version", key
            )
            await outbox.insert(connection, [Counted(counter=key, version=version)])


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 15.0) -> None:
    """Wait until something holds; fail when it does not in time."""
    until = time.monotonic() + seconds
    while not await holds():
        if time.monotonic() > until:
            raise AssertionError("did not happen in time")
        await asyncio.sleep(0.02)
