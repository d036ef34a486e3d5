"""The processes that the fault tests kill: a writer (in the place of an API), a relay and a consumer, each with nothing but its own loop.

A small server process that has imported everything forks them, so that a killed one is working again a few hundredths of a second later.
"""

import asyncio
import logging
import multiprocessing
import multiprocessing.context
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from libs.common.events import connections
from libs.common.events.consumer import consumer
from libs.common.events.envelope import Received
from libs.common.events.relay import Relay
from libs.common.events.runner import ConsumerRunner
from libs.common.events.session import WorkerSession
from libs.common.events.transport import connect
from tests.common.events.support import COUNTER, Counted, count_up

KEYS = [f"key-{letter}" for letter in "abcdefghijkl"]
GROUP = "faults.counter"
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.faults.actors", "tests.faults.mutants", "aiokafka", "libs.common.events.transport.kafka"])


@dataclass(frozen=True)
class Place:
    """Where an actor works: the service's database and the bus, with a number that stays the same over restarts."""

    database: str
    bus: str
    seed: int


@consumer(name=GROUP, topics=[COUNTER], batch=200)
async def project(db: WorkerSession, events: Sequence[Received]) -> None:
    """Write each effect down, in order, with nothing that would hide a doubled one."""
    counted = [event.parse(Counted) for event in events]
    await db.execute(
        "INSERT INTO effect (consumer, key, sequence) SELECT $1, * FROM unnest($2::text[], $3::bigint[])",
        GROUP,
        [event.counter for event in counted],
        [event.version for event in counted],
    )


def writer(place: Place) -> None:
    """Change random aggregates without pause; some transactions change several, some take their time."""
    asyncio.run(_write(place))


def relay(place: Place) -> None:
    """Relay for ever."""
    asyncio.run(Relay(place.database, connect(place.bus), batch=20).run(asyncio.Event()))


def reader(place: Place) -> None:
    """Consume for ever."""
    asyncio.run(ConsumerRunner(project, place.database, connect(place.bus)).run(asyncio.Event()))


async def _write(place: Place) -> None:
    chance = random.Random()
    connection = await connections.connect(place.database, "writer")
    while True:
        key = chance.choice(KEYS)
        if chance.random() < 0.1:
            async with connection.transaction():
                await connection.execute("SELECT pg_sleep(0.005)")
        await count_up(connection, key)


class Actor:
    """One process of a kind, started again each time it was killed."""

    def __init__(self, work: Callable[[Place], None], place: Place) -> None:
        self._work = work
        self._place = place
        self._process: multiprocessing.context.ForkServerProcess | None = None

    def start(self) -> None:
        """Start it; it dies with the test process at the latest."""
        self._process = _server.Process(target=_quietly, args=(self._work, self._place), daemon=True)
        self._process.start()

    def kill(self) -> None:
        """End it with SIGKILL, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    @property
    def alive(self) -> bool:
        """Tell whether it is running."""
        return self._process is not None and self._process.is_alive()


def _quietly(work: Callable[[Place], None], place: Place) -> None:
    logging.disable(logging.CRITICAL)  # lost connections are the point of these tests
    work(place)
