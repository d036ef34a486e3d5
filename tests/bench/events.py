"""Relay and consumer on Kafka, each beside the plain way of doing the same: one message at a time, awaited and committed."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from libs.common.events import connections, inbox
from libs.common.events.connections import Connection
from libs.common.events.consumer import consumer
from libs.common.events.envelope import Received, receive
from libs.common.events.outbox import to_message
from libs.common.events.relay import Relay
from libs.common.events.runner import ConsumerRunner
from libs.common.events.session import WorkerSession
from libs.common.events.transport import Selection, Transport, connect
from stack.engines.kafka import Kafka
from tests.bench.figures import Figure
from tests.common.events.support import COUNTER, Counted, eventually, fill
from tests.support.postgres import TestDatabase, server

EVENTS = 40_000
KEYS = 2_000
ONE_BY_ONE = 1_500
RELAY_REACH = 30.0
CONSUMER_REACH = 15.0
NAMES = ("relay.kafka", "consumer.inbox")
_producer: Any = AIOKafkaProducer  # aiokafka is untyped

_FILL = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT outbox_shard(key), $1, key, new_id(), $2, version, now(), '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
       jsonb_build_object('counter', key, 'version', version)::text
FROM (SELECT 'counter-' || to_hex(n % $3) AS key, n / $3 + 1 AS version FROM generate_series(0, $4 - 1) AS n) AS made
"""
_CLAIM_ONE = """
SELECT shard, outbox_id, topic, key, event_id, type, sequence, occurred_at, traceparent, body FROM outbox
WHERE shard = $1 ORDER BY outbox_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_STAND = """
INSERT INTO counter AS c (key, version) SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (key) DO UPDATE SET version = excluded.version WHERE c.version < excluded.version
"""


@dataclass(frozen=True)
class Scene:
    """What is measured on."""

    database: TestDatabase
    bootstrap: str
    transport: Transport


@consumer(name="bench.ours", topics=[COUNTER])
async def project(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep the last version of each counter, set-based: one statement for the batch."""
    last = {event.key: event.parse(Counted).version for event in events}
    await db.execute(_STAND, list(last), list(last.values()))


async def relay(scene: Scene) -> Figure:
    """Return messages per second of the relay against claim, send, await, delete, commit for each."""
    async with connected(scene) as database:
        await database.execute(_FILL, COUNTER.name, Counted.TYPE, KEYS, ONE_BY_ONE)
        reference = await _relay_one_by_one(scene, database)
        await database.execute("DELETE FROM outbox")
        await database.execute(_FILL, COUNTER.name, Counted.TYPE, KEYS, EVENTS)
    started = time.perf_counter()
    sent = await Relay(scene.database.url, scene.transport).drain()
    ours = sent / (time.perf_counter() - started)
    return Figure("relay.kafka", ours, reference, "events/s", ours / reference, RELAY_REACH)


async def _relay_one_by_one(scene: Scene, database: Connection) -> float:
    producer = _producer(bootstrap_servers=scene.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    started, sent = time.perf_counter(), 0
    for shard in range(8):
        while True:
            async with database.transaction():
                row = await database.fetchrow(_CLAIM_ONE, shard)
                if row is None:
                    break
                message = to_message(row)
                await producer.send_and_wait(message.topic, message.body, key=message.key.encode(), headers=list(message.headers))
                await database.execute("DELETE FROM outbox WHERE shard = $1 AND outbox_id = $2", row["shard"], row["outbox_id"])
            sent += 1
    spent = time.perf_counter() - started
    await producer.stop()
    return sent / spent


async def consume(scene: Scene) -> Figure:
    """Return events per second with inbox and projection against one transaction and one bus commit for each."""
    total = await _stored(scene)
    reference = await _consume_one_by_one(scene)
    runner, stop = ConsumerRunner(project, scene.database.url, scene.transport), asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    await eventually(lambda: _has_applied(runner, 1))
    started, before = time.perf_counter(), runner.tally.applied
    await eventually(lambda: _has_applied(runner, total), 120.0)
    ours = (total - before) / (time.perf_counter() - started)
    stop.set()
    await running
    return Figure("consumer.inbox", ours, reference, "events/s", ours / reference, CONSUMER_REACH)


async def _has_applied(runner: ConsumerRunner, count: int) -> bool:
    return runner.tally.applied >= count


async def _stored(scene: Scene) -> int:
    ids = [event_id async for record in scene.transport.read(COUNTER.name, Selection()) if (event_id := record.header("ce_id"))]
    return len(set(ids))


async def _consume_one_by_one(scene: Scene) -> float:
    subscription = await scene.transport.subscribe("bench.reference", [COUNTER.name], ONE_BY_ONE)
    batches = await subscription.fetch(10.0)
    applied, started = 0, time.perf_counter()
    async with connected(scene) as database:
        for place, records in batches.items():
            for record in records[:ONE_BY_ONE]:
                event = receive(record)
                async with database.transaction():
                    if await inbox.accept(database, "bench.reference", [event]):
                        await database.execute(_STAND, [event.key], [event.parse(Counted).version])
                await subscription.commit(place, record.position + 1)
                applied += 1
    rate = applied / (time.perf_counter() - started)
    await subscription.close()
    return rate


@asynccontextmanager
async def connected(scene: Scene) -> AsyncIterator[Connection]:
    """Lend a connection of the application role."""
    connection = await connections.connect(scene.database.url, "bench")
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def engines() -> Iterator[tuple[TestDatabase, Kafka]]:
    """Run PostgreSQL and Kafka."""
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "postgres") as postgres, Kafka(Path(name) / "kafka") as kafka:
        database = postgres.database("bench", None)
        try:
            yield database, kafka
        finally:
            postgres.drop(database)


async def _measure(database: TestDatabase, kafka: Kafka) -> list[Figure]:
    await fill(database)
    transport = connect(f"kafka://{kafka.bootstrap}")
    await transport.ensure_topics([COUNTER])
    scene = Scene(database, kafka.bootstrap, transport)
    try:
        return [await relay(scene), await consume(scene)]
    finally:
        await transport.close()


def measure(_names: Collection[str]) -> Iterator[Figure]:
    """Yield both figures."""
    with engines() as (database, kafka):
        yield from asyncio.run(_measure(database, kafka))
