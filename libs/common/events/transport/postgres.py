"""The bus on one machine: a durable log in PostgreSQL with partitions, group offsets, retention and compaction."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg

from libs.common.events import connections
from libs.common.events.connections import GONE, Connection
from libs.common.events.envelope import Message, Record, headers_from_json, headers_to_json
from libs.common.events.ownership import Ownership
from libs.common.events.topics import HISTORY_RETENTION, Topic
from libs.common.events.transport import Place, Selection, grouped, partition_of
from libs.common.events.transport.log_ddl import GRANTS, LOG_DDL

CHANNEL = "bus"
POLL_SECONDS = 1.0
REBALANCE_SECONDS = 1.0
PAGE = 1000
Result = TypeVar("Result")

_FETCH = """
SELECT l.topic, l.partition, l.position, l.key, l.headers, l.body, l.stored_at
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS want(topic, partition, position)
CROSS JOIN LATERAL (SELECT * FROM log r WHERE r.topic = want.topic AND r.partition = want.partition AND r.position >= want.position
                    ORDER BY r.position LIMIT $4) l
ORDER BY l.topic, l.partition, l.position
"""
# stored_at grows with position, so the walk from the end stops at the first older record.
_START = """
SELECT p.topic, p.partition, p.next_position,
       coalesce((SELECT l.position + 1 FROM log l WHERE l.topic = p.topic AND l.partition = p.partition AND l.stored_at < $2
                 ORDER BY l.position DESC LIMIT 1), 0) AS position
FROM topic_partition p WHERE p.topic = ANY($1::text[])
"""
_OFFSETS = "SELECT topic, partition, position FROM group_offset WHERE group_name = $1 AND topic = ANY($2::text[])"
_COMMIT = """
INSERT INTO group_offset (group_name, topic, partition, position) VALUES ($1, $2, $3, $4)
ON CONFLICT (group_name, topic, partition) DO UPDATE SET position = excluded.position
"""
_PARTITIONS = "SELECT topic, partition, next_position FROM topic_partition WHERE topic = ANY($1::text[]) ORDER BY topic, partition"
_NEW_TOPIC = "INSERT INTO topic (topic, state, retention) VALUES ($1, $2, $3) ON CONFLICT (topic) DO NOTHING"
_NEW_PARTITIONS = "INSERT INTO topic_partition (topic, partition) SELECT $1, generate_series(0, $2 - 1) ON CONFLICT DO NOTHING"


async def prepare(owner_url: str, app_role: str) -> None:
    """Create what the bus needs in its database, as its owner, and let `app_role` use it; repeated calls change nothing."""
    connection = await connections.connect(owner_url, "bus preparation")
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(7310579624211)")  # two starts at once
            for statement in LOG_DDL:
                await connection.execute(statement)
            await connection.execute("SELECT set_config('lienthong.role', $1, true)", app_role)
            await connection.execute(GRANTS)
    finally:
        await connection.close()


class PostgresTransport:
    """See Transport. One connection for sending, one more for each subscription or tail."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._partitions: dict[str, int] = {}

    async def ensure_topics(self, topics: Iterable[Topic]) -> None:
        """Create what is missing."""
        wanted = list(topics)

        async def create(connection: Connection) -> None:
            async with connection.transaction():
                for topic in sorted(wanted, key=lambda topic: topic.name):
                    await connection.execute(_NEW_TOPIC, topic.name, topic.state, HISTORY_RETENTION)
                    await connection.execute(_NEW_PARTITIONS, topic.name, topic.partitions)

        await self._use(create)

    async def send(self, messages: Sequence[Message]) -> None:
        """Append in one transaction: all or nothing."""
        if not messages:
            return
        await self._learn({message.topic for message in messages})
        places = sorted(grouped(messages, self._partitions).items())
        ordered = [message for _, here in places for message in here]

        async def append(connection: Connection) -> None:
            await connection.execute(
                "SELECT bus_append($1, $2, $3, $4, $5, $6)",
                [place[0] for place, _ in places],
                [place[1] for place, _ in places],
                [len(here) for _, here in places],
                [message.key for message in ordered],
                [headers_to_json(message.headers) for message in ordered],
                [message.body for message in ordered],
            )

        await self._use(append)

    async def subscribe(self, group: str, topics: Sequence[str], limit: int) -> "PostgresSubscription":
        """Join a group; partitions are shared by advisory locks on the subscription's connection."""
        connection = await connections.connect(self._url, f"bus {group}")
        try:
            rows = await connection.fetch(_PARTITIONS, list(topics))
            subscription = PostgresSubscription(connection, group, [(row["topic"], row["partition"]) for row in rows], limit)
            await subscription.listen()
        except BaseException:
            connection.terminate()
            raise
        return subscription

    async def tail(self, topics: Sequence[str], since: datetime, caught_up: asyncio.Event | None = None) -> AsyncIterator[Record]:
        """Read from `since` and follow for ever."""
        connection = await connections.connect(self._url, "bus tail")
        try:
            bell = await listen(connection)
            starts = await connection.fetch(_START, list(topics), since)
            positions = {(row["topic"], row["partition"]): int(row["position"]) for row in starts}
            while True:
                bell.clear()
                records = await _fetch(connection, positions, PAGE)
                for record in records:
                    positions[record.topic, record.partition] = record.position + 1
                    yield record
                if not records:
                    if caught_up is not None:
                        caught_up.set()
                    await ring(bell, POLL_SECONDS)
        finally:
            connection.terminate()

    async def read(self, topic: str, selection: Selection) -> AsyncIterator[Record]:
        """Read what is stored now, partition by partition."""
        connection = await connections.connect(self._url, "bus read")
        try:
            rows = await connection.fetch(_START, [topic], selection.since or datetime.min.replace(tzinfo=UTC))
            only = None if selection.key is None else partition_of(selection.key, max(1, len(rows)))
            for row in sorted(rows, key=lambda row: row["partition"]):
                if only is None or row["partition"] == only:
                    async for record in _range(connection, (topic, row["partition"]), row["position"], row["next_position"]):
                        if selection.matches(record):
                            yield record
        finally:
            connection.terminate()

    async def maintain(self) -> None:
        """Delete what is older than the retention and what a newer state replaced."""
        await self._use(lambda connection: connection.execute("SELECT bus_maintain()"))

    async def close(self) -> None:
        """Close the sending connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _learn(self, topics: set[str]) -> None:
        unknown = topics - self._partitions.keys()
        if unknown:
            rows = await self._use(lambda connection: connection.fetch(_PARTITIONS, list(unknown)))
            for row in rows:
                self._partitions[row["topic"]] = max(self._partitions.get(row["topic"], 0), row["partition"] + 1)
            missing = unknown - self._partitions.keys()
            if missing:
                raise LookupError(f"no such topic: {', '.join(sorted(missing))}")

    async def _use(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Run work on the one connection, which is opened when needed and dropped when the server was lost."""
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connections.connect(self._url, "bus")
            try:
                return await work(self._connection)
            except GONE:
                self._connection.terminate()
                self._connection = None
                raise


class PostgresSubscription:
    """See Subscription. Offsets are written on the connection that holds the partition locks: a member that lost them cannot commit."""

    def __init__(self, connection: Connection, group: str, places: Sequence[Place], limit: int) -> None:
        self._connection = connection
        self._group = group
        self._limit = limit
        self._places = {f"{topic}/{partition}": (topic, partition) for topic, partition in places}
        self._ownership = Ownership(connection, f"bus group {group}", list(self._places))
        self._positions: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self._rebalance_at = 0.0
        self._bell = asyncio.Event()

    async def listen(self) -> None:
        """Be told of new records."""
        self._bell = await listen(self._connection)

    async def fetch(self, wait_seconds: float) -> dict[Place, list[Record]]:
        """Return new records per partition of this member."""
        until = time.monotonic() + wait_seconds
        while True:
            await self._share()
            self._bell.clear()
            wanted = {place: position for place, position in self._positions.items() if place not in self._paused}
            records = await _fetch(self._connection, wanted, self._limit)
            left = until - time.monotonic()
            if records or left <= 0:
                break
            await ring(self._bell, min(left, POLL_SECONDS))
        batches: dict[Place, list[Record]] = {}
        for record in records:
            batches.setdefault((record.topic, record.partition), []).append(record)
        for place, batch in batches.items():
            self._positions[place] = batch[-1].position + 1
        return batches

    async def commit(self, place: Place, position: int) -> None:
        """Store the group's position; of a partition given up meanwhile it is left alone."""
        if place in self._positions:
            await self._connection.execute(_COMMIT, self._group, *place, position)

    def pause(self, place: Place) -> None:
        """Stop fetching from a partition."""
        self._paused.add(place)

    def resume(self, place: Place) -> None:
        """Fetch from it again."""
        self._paused.discard(place)

    def rewind(self, place: Place, position: int) -> None:
        """Fetch from `position` next."""
        if place in self._positions:
            self._positions[place] = position

    async def lag(self) -> dict[Place, int]:
        """Return how far each partition is behind."""
        rows = await self._connection.fetch(_PARTITIONS, sorted({topic for topic, _ in self._places.values()}))
        ends = {(row["topic"], row["partition"]): row["next_position"] for row in rows}
        return {place: max(0, ends.get(place, 0) - position) for place, position in self._positions.items()}

    async def close(self) -> None:
        """End the session, which gives up the partitions."""
        with suppress(*GONE):
            await self._connection.close(timeout=2)

    async def _share(self) -> None:
        """Now and then, and between batches only: take or give back partitions, and start new ones at the committed position."""
        if time.monotonic() < self._rebalance_at:
            return
        self._rebalance_at = time.monotonic() + REBALANCE_SECONDS
        if not await self._ownership.rebalance():
            return
        rows = await self._connection.fetch(_OFFSETS, self._group, sorted({topic for topic, _ in self._places.values()}))
        committed = {(row["topic"], row["partition"]): int(row["position"]) for row in rows}
        held = {self._places[item] for item in self._ownership.held}
        self._positions = {place: self._positions.get(place, committed.get(place, 0)) for place in held}
        self._paused &= held


async def listen(connection: Connection) -> asyncio.Event:
    """Return an event that is set at every notification, and when the connection is lost."""
    bell = asyncio.Event()
    await connection.add_listener(CHANNEL, lambda *_: bell.set())
    connection.add_termination_listener(lambda *_: bell.set())
    return bell


async def ring(bell: asyncio.Event, seconds: float) -> None:
    """Wait for the bell, at most so long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(bell.wait(), seconds)


async def _fetch(connection: Connection, positions: dict[Place, int], limit: int) -> list[Record]:
    if not positions:
        return []
    places = list(positions)
    rows = await connection.fetch(
        _FETCH, [topic for topic, _ in places], [partition for _, partition in places], [positions[place] for place in places], limit
    )
    return [_record(row) for row in rows]


async def _range(connection: Connection, place: Place, start: int, end: int) -> AsyncIterator[Record]:
    position = start
    while position < end:
        records = await _fetch(connection, {place: position}, PAGE)
        if not records:
            return
        for record in records:
            if record.position < end:
                yield record
        position = records[-1].position + 1


def _record(row: asyncpg.Record) -> Record:
    topic, partition, position, key, headers, body, stored_at = row
    return Record(topic, partition, position, key, headers_from_json(headers), body, stored_at)
