"""The consumer: each event has its effect once and in order; a poison event is isolated, kept, and can be applied later."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from libs.common.events import dead_letters, outbox
from libs.common.events.connections import Connection
from libs.common.events.consumer import Consumer, OutdatedVersionError, consumer
from libs.common.events.envelope import Message, Received, Record
from libs.common.events.relay import Relay
from libs.common.events.runner import ConsumerRunner
from libs.common.events.session import WorkerSession
from libs.common.events.transport import Transport
from tests.common.events.support import COUNTER, COUNTER_STATE, Counted, CounterState, count_up, eventually
from tests.support.postgres import TestDatabase

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
poisoned: set[str] = set()


@consumer(name="test.counter", topics=[COUNTER], types=[Counted.TYPE], tries=2)
async def project(db: WorkerSession, events: Sequence[Received]) -> None:
    for event in events:
        if event.key in poisoned:
            raise ValueError(f"cannot apply {event.key}")
        counted = event.parse(Counted)
        await db.execute(
            "INSERT INTO effect (consumer, key, sequence, actor) VALUES ($1, $2, $3, current_setting('lienthong.actor'))",
            "test.counter",
            counted.counter,
            counted.version,
        )


@asynccontextmanager
async def running(runner: ConsumerRunner) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(runner.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def effects(database: Connection, key: str | None = None) -> list[tuple[str, int]]:
    rows = await database.fetch("SELECT key, sequence FROM effect WHERE $1::text IS NULL OR key = $1 ORDER BY effect_id", key)
    return [(row["key"], row["sequence"]) for row in rows]


async def wait_for_effects(database: Connection, count: int) -> None:
    async def enough() -> bool:
        return len(await effects(database)) >= count

    await eventually(enough)


async def test_effects_once_in_order_and_in_the_consumers_name(service: TestDatabase, database: Connection, transport: Transport) -> None:
    for key in "abcab":
        await count_up(database, key, 2)
    await Relay(service.url, transport).drain()
    async with running(ConsumerRunner(project, service.url, transport)):
        await wait_for_effects(database, 10)
    assert [sequence for _, sequence in await effects(database, "a")] == [1, 2, 3, 4]
    assert await database.fetchval("SELECT count(DISTINCT actor) FROM effect WHERE actor = 'consumer:test.counter'") == 1


async def test_a_message_sent_twice_has_one_effect(service: TestDatabase, database: Connection, transport: Transport) -> None:
    class Doubling:
        async def send(self, messages: Sequence[Message]) -> None:
            await transport.send([message for message in messages for _ in range(2)])
            await transport.send(messages)

    doubling: object = Doubling()
    await count_up(database, "a", 3)
    await Relay(service.url, doubling).drain()  # type: ignore[arg-type]  # a bus of which only sending is used
    runner = ConsumerRunner(replace(project, batch=2), service.url, transport)
    async with running(runner):
        await wait_for_effects(database, 3)
        await eventually(lambda: is_done(runner))
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3)]


async def is_done(runner: ConsumerRunner) -> bool:
    return bool(runner.lag) and not any(runner.lag.values())


async def test_what_many_events_lack_is_waited_for_once(service: TestDatabase, database: Connection, transport: Transport) -> None:
    poisoned.update({"bad", "worse"})
    try:
        await count_up(database, "bad", 3)
        await count_up(database, "worse", 2)
        await count_up(database, "a")
        await Relay(service.url, transport).drain()
        async with running(ConsumerRunner(project, service.url, transport)):
            await wait_for_effects(database, 1)
            await eventually(lambda: has_letters(database, 5))
        letters = await dead_letters.find_all(database, "test.counter")
        tried = {key: sorted(letter.attempts for letter in letters if letter.record.key == key) for key in poisoned}
        assert tried == {"bad": [1, 1, 2], "worse": [1, 2]}
    finally:
        poisoned.clear()


async def test_a_poison_event_is_isolated_and_the_rest_goes_on(service: TestDatabase, database: Connection, transport: Transport) -> None:
    poisoned.add("bad")
    try:
        for key in ("a", "b", "bad", "c", "a"):
            await count_up(database, key)
        await Relay(service.url, transport).drain()
        runner = ConsumerRunner(project, service.url, transport)
        async with running(runner):
            await wait_for_effects(database, 4)
            await eventually(lambda: has_letters(database, 1))
        letter = (await dead_letters.find_all(database, "test.counter"))[0]
        assert (letter.record.key, letter.attempts, letter.type) == ("bad", 2, Counted.TYPE)
        assert letter.reason == "ValueError: cannot apply bad"
        assert letter.record.body == b'{"counter":"bad","version":1}'
        assert letter.record.header("ce_subject") == "bad"
    finally:
        poisoned.clear()


async def has_letters(database: Connection, count: int) -> bool:
    return len(await dead_letters.find_all(database, "test.counter")) == count


async def test_a_dead_letter_is_applied_once_its_cause_is_mended(service: TestDatabase, database: Connection, transport: Transport) -> None:
    poisoned.add("bad")
    try:
        await count_up(database, "bad", 3)
        await Relay(service.url, transport).drain()
        async with running(ConsumerRunner(replace(project, tries=1), service.url, transport)):
            await eventually(lambda: has_letters(database, 3))
            letters = await dead_letters.find_all(database)
            await dead_letters.ask_letters(database, [letter.dead_letter_id for letter in letters])
            await eventually(lambda: tried_again(database))
            assert await effects(database) == []
            poisoned.clear()
            asked = await dead_letters.ask_letters(database, [letter.dead_letter_id for letter in letters])
            assert len(asked) == 3
            await eventually(lambda: has_letters(database, 0))
            assert await dead_letters.ask_letters(database, [letter.dead_letter_id for letter in letters]) == []
        assert await effects(database) == [("bad", 1), ("bad", 2), ("bad", 3)]
    finally:
        poisoned.clear()


async def tried_again(database: Connection) -> bool:
    return all(letter.attempts == 2 and letter.replay_requested_at is None for letter in await dead_letters.find_all(database))


async def test_what_is_no_event_becomes_a_dead_letter_at_once(service: TestDatabase, database: Connection, transport: Transport) -> None:
    garbage = Message(topic=COUNTER.name, key="x", headers=(("ce_type", b"\xff\x00"),), body=b"\x00 not json")
    await transport.send([garbage])
    await outbox.insert(database, [Counted(counter="x", version=1)])
    wrong = (
        "INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, body) VALUES (0, $1, 'x', $2, $3, 2, now(), '{}')"
    )
    await database.execute(wrong, COUNTER.name, await database.fetchval("SELECT gen_random_uuid()"), Counted.TYPE)
    await Relay(service.url, transport).drain()
    async with running(ConsumerRunner(project, service.url, transport)):
        await eventually(lambda: has_letters(database, 2))
        await wait_for_effects(database, 1)
    unreadable, invalid = sorted(await dead_letters.find_all(database), key=lambda letter: letter.record.position)
    assert (unreadable.record.body, unreadable.record.headers) == (garbage.body, garbage.headers)
    assert "missing headers" in unreadable.reason
    assert invalid.reason == "/counter: Field required; /version: Field required"
    assert (unreadable.attempts, invalid.attempts) == (1, 1)


async def test_other_types_are_passed_over(service: TestDatabase, database: Connection, transport: Transport) -> None:
    reader = replace(project, topics=(COUNTER, COUNTER_STATE))
    await outbox.insert(database, [CounterState(counter="s", version=1), Counted(counter="a", version=1)])
    await Relay(service.url, transport).drain()
    runner = ConsumerRunner(reader, service.url, transport)
    async with running(runner):
        await wait_for_effects(database, 1)
        await eventually(lambda: is_done(runner))
    assert await effects(database) == [("a", 1)]
    assert await database.fetchval("SELECT count(*) FROM inbox") == 1


async def test_a_handler_publishes_in_its_own_transaction(service: TestDatabase, database: Connection, transport: Transport) -> None:
    attempts = 0

    @consumer(name="test.saga", topics=[COUNTER])
    async def step(db: WorkerSession, events: Sequence[Received]) -> None:
        nonlocal attempts
        attempts += 1
        for event in events:
            db.record(CounterState(counter=event.key, version=event.sequence), cause=event)
        if attempts == 1:
            raise asyncpg.DeadlockDetectedError("once")

    await outbox.insert(database, [Counted(counter="a", version=1)], "00-trace-01")
    await Relay(service.url, transport).drain()
    recorded = asyncio.Event()
    async with running(ConsumerRunner(step, service.url, transport, on_recorded=recorded.set)):
        await asyncio.wait_for(recorded.wait(), 10)
    rows = await database.fetch("SELECT type, key, sequence, traceparent FROM outbox")
    assert [tuple(row) for row in rows] == [(CounterState.TYPE, "a", 1, "00-trace-01")]
    assert attempts == 2


async def test_transient_errors_never_bury_an_event(service: TestDatabase, database: Connection, transport: Transport) -> None:
    failures = 0

    @consumer(name="test.patient", topics=[COUNTER], tries=1)
    async def apply(db: WorkerSession, events: Sequence[Received]) -> None:
        nonlocal failures
        failures += 1
        if failures <= 3:
            raise ConnectionError("a neighbour is away")
        if failures == 4:
            await db.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await db.execute("INSERT INTO effect (consumer, key, sequence) VALUES ('p', $1, $2)", events[0].key, events[0].sequence)

    await count_up(database, "a")
    await Relay(service.url, transport).drain()
    async with running(ConsumerRunner(apply, service.url, transport)):
        await wait_for_effects(database, 1)
    assert await dead_letters.find_all(database) == []
    assert await effects(database) == [("a", 1)]


async def test_a_partition_in_trouble_does_not_stop_the_others(service: TestDatabase, database: Connection, transport: Transport) -> None:
    """Keys a and b live in different partitions (crc32 mod 3); a's event fails for as long as the test lasts."""
    poisoned.add("a")
    try:
        stubborn: Consumer = replace(project, tries=1000)
        await count_up(database, "a")
        await Relay(service.url, transport).drain()
        async with running(ConsumerRunner(stubborn, service.url, transport)):
            for expected in range(1, 4):
                await count_up(database, "b")
                await Relay(service.url, transport).drain()
                await wait_for_effects(database, expected)
            assert await dead_letters.find_all(database) == []
    finally:
        poisoned.clear()


async def test_members_of_a_group_share_partitions(service: TestDatabase, database: Connection, transport: Transport) -> None:
    runners = [ConsumerRunner(project, service.url, transport) for _ in range(2)]
    async with running(runners[0]), running(runners[1]):

        async def both_have_worked() -> bool:
            for key in "abcdefghij":
                await count_up(database, key)
            await Relay(service.url, transport).drain()
            return all(runner.tally.applied for runner in runners)

        await eventually(both_have_worked)
        total = await database.fetchval("SELECT sum(version) FROM counter")
        await wait_for_effects(database, total)
    for key in "abcdefghij":
        sequences = [sequence for _, sequence in await effects(database, key)]
        assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("vn.lienthong.test.counter.counted.v2", True),
        ("vn.lienthong.test.counter.counted.v3", True),
        ("vn.lienthong.test.counter.counted.v1", None),  # what only v1 tells is lost unless somebody says so
        ("vn.lienthong.test.counter.counted.v0", None),
        ("vn.lienthong.test.counter.counted.v10", False),  # told beside the versions that it knows
        ("vn.lienthong.test.counter.reset.v1", False),
        ("vn.lienthong.test.counter", False),
    ],
)
def test_older_versions_are_a_fault_newer_and_other_types_are_none_of_its_business(kind: str, *, outcome: bool | None) -> None:
    known = frozenset(f"vn.lienthong.test.counter.counted.v{version}" for version in (2, 3))
    place = Record("test.counter", 0, 0, "a", (), b"{}", MOMENT)
    event = Received(uuid4(), kind, "a", 1, MOMENT, None, {}, place)
    if outcome is not None:
        assert replace(project, types=known).wants(event) is outcome
        assert replace(project, types=None).wants(event)
        return
    with pytest.raises(OutdatedVersionError, match="the oldest is 2"):
        replace(project, types=known).wants(event)
