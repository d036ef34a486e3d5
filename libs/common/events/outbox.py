"""The outbox: events become rows of the business transaction, and reach the bus only if it commits.

Order per key holds because the aggregate's row is locked before its outbox row draws an id: of two transactions on one aggregate the later
one gets the greater id and cannot be visible first.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from libs.common.clock import now
from libs.common.events.catalogue import Event
from libs.common.events.connections import GONE, Connection, connect
from libs.common.events.envelope import Attributes, Message, binary_headers
from libs.common.ids import new_id

SHARDS = 8
CHANNEL = "outbox"
DEBOUNCE_SECONDS = 0.01
log = logging.getLogger(__name__)

# Positional parameters are OutboxRows.arguments(): one array per column. The caller joins this to its own last statement (a CTE), so that
# audit, change feed and outbox are one round trip. For set-based writes (imports), in SQL, after the aggregates' rows are written:
#   INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
#   SELECT outbox_shard(key), 'registry.learner', key, new_id(), '…v1', version, now(), $1, jsonb_build_object(…)::text
#   FROM … ORDER BY key, version
COLUMNS = "shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body"
INSERT_OUTBOX = (
    "INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body) SELECT * FROM "
    "unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::bigint[], $7::timestamptz[], $8::text[], $9::text[])"
)


@dataclass(frozen=True, slots=True)
class OutboxRows:
    """Events as columns, in the order of INSERT_OUTBOX's parameters."""

    shard: list[int]
    topic: list[str]
    key: list[str]
    event_id: list[UUID]
    type: list[str]
    sequence: list[int]
    occurred_at: list[datetime]
    traceparent: list[str | None]
    body: list[str]

    def arguments(self) -> list[Any]:
        """Return the arrays for INSERT_OUTBOX."""
        return [getattr(self, field.name) for field in fields(self)]


def shard_of(key: str) -> int:
    """Return the shard of a key, equal to the SQL function outbox_shard."""
    return ord(key[-1]) & (SHARDS - 1)


def outbox_rows(events: Iterable[Event], traceparent: str | None = None) -> OutboxRows:
    """Turn events, in the order in which they happened, into the columns of the outbox; each gets its id and the current time."""
    happened, occurred_at = list(events), now()
    keys = [event.key for event in happened]
    return OutboxRows(
        shard=[shard_of(key) for key in keys],
        topic=[event.TOPIC.name for event in happened],
        key=keys,
        event_id=[new_id() for _ in happened],
        type=[event.TYPE for event in happened],
        sequence=[event.sequence for event in happened],
        occurred_at=[occurred_at] * len(happened),
        traceparent=[traceparent] * len(happened),
        body=[event.model_dump_json() for event in happened],
    )


def to_message(row: asyncpg.Record) -> Message:
    """Turn one outbox row into its wire form."""
    attributes = Attributes(
        id=row["event_id"],
        type=row["type"],
        subject=row["key"],
        sequence=row["sequence"],
        time=row["occurred_at"],
        traceparent=row["traceparent"],
    )
    return Message(topic=row["topic"], key=row["key"], headers=binary_headers(attributes), body=row["body"].encode())


async def insert(connection: Connection, events: Sequence[Event], traceparent: str | None = None) -> None:
    """Write events inside the caller's transaction; call it last."""
    if events:
        await connection.execute(INSERT_OUTBOX, *outbox_rows(events, traceparent).arguments())


class Waker:
    """Tells the relay that events were committed, on a connection of its own.

    NOTIFY inside the business transaction would serialise all commits of the database. A lost wake costs a poll interval, no event.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Ask for one notification soon; cheap, callable after every commit."""
        self._asked.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._notify(), name="outbox-waker")

    async def close(self) -> None:
        """End the connection; what is still in the outbox is found by the relay's poll."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _notify(self) -> None:
        try:
            connection = await connect(self._url, "outbox waker")
            try:
                while True:
                    await self._asked.wait()
                    self._asked.clear()
                    await connection.execute("NOTIFY outbox")
                    await asyncio.sleep(DEBOUNCE_SECONDS)
            finally:
                connection.terminate()
        except GONE:
            log.info("the relay could not be woken; it polls")
