"""Tables, an event and small helpers for the tests of the event machinery; also imported by the fault tests and the benchmarks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar
from urllib.parse import urlsplit

from libs.common.db import foundation
from libs.common.events import connections, outbox
from libs.common.events.catalogue import Event
from libs.common.events.connections import Connection
from libs.common.events.topics import Topic
from tests.support.postgres import TestDatabase

COUNTER = Topic("test.counter", partitions=3)
COUNTER_STATE = Topic("test.counter.state", state=True, partitions=1)

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


async def fill(database: TestDatabase) -> None:
    """Create what every service's database has, and the tests' own tables."""
    owner = await connections.connect(database.owner_url, "tests")
    try:
        for statement in (*foundation.UPGRADE_1, *TABLES):
            await owner.execute(statement)
        role = urlsplit(database.url).username
        await owner.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    finally:
        await owner.close()


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
