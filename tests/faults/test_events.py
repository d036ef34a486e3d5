"""kill -9 of writer, relay and consumer at random points, on both transports: nothing lost, nothing doubled, order kept.

By default 200 kills on each transport and a bus that is away for five seconds. Longer, as before a release:
`LIENTHONG_FAULT_ROUNDS=2000 LIENTHONG_FAULT_DOWN_SECONDS=60 pytest tests/faults`; `LIENTHONG_FAULT_SEED` deals other deaths.
"""

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from libs.common.events.connections import Connection
from tests.common.events.support import eventually
from tests.faults.actors import GROUP, Actor, Place, reader, relay, writer
from tests.faults.check import Verdict, judge
from tests.faults.mutants import forgetful_reader, hasty_writer, watermark_relay
from tests.faults.outages import KafkaOutage, PostgresOutage
from tests.support.postgres import TestDatabase

ROUNDS = int(os.environ.get("LIENTHONG_FAULT_ROUNDS", "200"))
SEED = int(os.environ.get("LIENTHONG_FAULT_SEED", "20250701"))
DOWN_SECONDS = float(os.environ.get("LIENTHONG_FAULT_DOWN_SECONDS", "5"))
LONGEST_PAUSE = 0.15  # a relay or consumer lives for a quarter of a second on average: enough for work, as the mutant without inbox shows
BURSTS = 10
Mutant = Callable[[Place], None]
DRAIN_SECONDS = 60.0
pytestmark = [pytest.mark.faults, pytest.mark.slow]


@contextmanager
def started(*actors: Actor) -> Iterator[None]:
    for actor in actors:
        actor.start()
    try:
        yield
    finally:
        for actor in actors:
            actor.kill()


def place_of(service: TestDatabase, bus_url: str) -> Place:
    return Place(service.url, f"{bus_url}?instance=faults" if bus_url.startswith("kafka") else bus_url, SEED)


async def settled(database: Connection, seconds: float = DRAIN_SECONDS) -> Verdict:
    """Wait until the outbox is empty and nothing more arrives, then judge."""

    async def complete() -> bool:
        return not await database.fetchval("SELECT EXISTS (SELECT FROM outbox)") and not (await judge(database, GROUP)).lost

    with suppress(AssertionError):  # the verdict names what is missing
        await eventually(complete, seconds)
    return await judge(database, GROUP)


async def test_two_hundred_kills_lose_and_double_nothing(service: TestDatabase, database: Connection, bus_url: str) -> None:
    chance = random.Random(SEED)
    place = place_of(service, bus_url)
    writers = [Actor(writer, place) for _ in range(2)]
    sender, receiver = Actor(relay, place), Actor(reader, place)
    with started(*writers, sender, receiver):
        for _ in range(ROUNDS):
            await asyncio.sleep(chance.uniform(0.02, LONGEST_PAUSE))
            victim = chance.choice([chance.choice(writers), sender, receiver])
            victim.kill()
            victim.start()
        for actor in writers:
            actor.kill()
        verdict = await settled(database)
    assert verdict.changes > ROUNDS
    assert verdict.clean, verdict


async def test_writes_go_on_while_the_bus_is_down(
    service: TestDatabase, database: Connection, bus_url: str, request: pytest.FixtureRequest
) -> None:
    place = place_of(service, bus_url)
    kafka = bus_url.startswith("kafka")
    outage = KafkaOutage(request.getfixturevalue("kafka")) if kafka else PostgresOutage(request.getfixturevalue("bus_database"))
    with started(Actor(writer, place), Actor(relay, place), Actor(reader, place)):
        await eventually(lambda: has_changes(database, 100))
        await outage.begin()
        try:
            before = await changes(database)
            await asyncio.sleep(DOWN_SECONDS)
            written = await changes(database) - before
            waiting = await database.fetchval("SELECT count(*) FROM outbox")
        finally:
            await outage.end()
        await eventually(lambda: has_effects(database, before + written), DRAIN_SECONDS)
    with started(Actor(relay, place), Actor(reader, place)):
        verdict = await settled(database)
    assert written > 20 * DOWN_SECONDS
    assert waiting >= written
    assert verdict.clean, verdict


async def changes(database: Connection) -> int:
    return int(await database.fetchval("SELECT coalesce(sum(version), 0) FROM counter"))


async def has_changes(database: Connection, count: int) -> bool:
    return await changes(database) >= count


async def has_effects(database: Connection, count: int) -> bool:
    return await effects(database) >= count


async def effects(database: Connection) -> int:
    return int(await database.fetchval("SELECT count(*) FROM effect"))


async def at_full_swing(database: Connection) -> None:
    """Wait until something new has its effect: on a busy machine a process takes its time to begin."""
    before = await effects(database)
    with suppress(AssertionError):  # a wrong design may have come to a stop
        await eventually(lambda: has_effects(database, before + 1), 2.0)


async def fails_with(
    service: TestDatabase, database: Connection, bus_url: str, mutants: dict[str, Mutant], *, killing: bool = False
) -> Verdict:
    """Run a wrong design in bursts until the check finds it out; the last verdict is returned if it never does."""
    place = place_of(service, bus_url)
    verdict, chance = Verdict(), random.Random(SEED)
    writers = [Actor(mutants.get("writer", writer), place) for _ in range(3)]
    sender, receiver = Actor(mutants.get("relay", relay), place), Actor(mutants.get("reader", reader), place)
    with started(sender, receiver):
        for _ in range(BURSTS):
            with started(*writers):
                for _ in range(10):
                    if not killing:
                        await asyncio.sleep(0.1)
                        continue
                    await at_full_swing(database)
                    await asyncio.sleep(chance.uniform(0, 0.05))
                    victim = chance.choice([sender, receiver])
                    victim.kill()
                    victim.start()
            verdict = await settled(database, 2.0)
            if not verdict.clean:
                break
    return verdict


@pytest.mark.parametrize("bus_url", ["postgres"], indirect=True)
async def test_the_check_catches_a_position_watermark(service: TestDatabase, database: Connection, bus_url: str) -> None:
    verdict = await fails_with(service, database, bus_url, {"relay": watermark_relay})
    assert verdict.lost


@pytest.mark.parametrize("bus_url", ["postgres"], indirect=True)
async def test_the_check_catches_an_outbox_row_before_the_lock(service: TestDatabase, database: Connection, bus_url: str) -> None:
    verdict = await fails_with(service, database, bus_url, {"writer": hasty_writer})
    assert verdict.disordered


async def test_the_check_catches_a_consumer_without_inbox(service: TestDatabase, database: Connection, bus_url: str) -> None:
    """On both transports: it shows that the kills do cause repeated deliveries, which only the inbox makes harmless."""
    verdict = await fails_with(service, database, bus_url, {"reader": forgetful_reader}, killing=True)
    assert verdict.doubled
    assert not verdict.lost
