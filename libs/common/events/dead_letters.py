"""Dead letters: events that a consumer could not apply, kept with original bytes, headers and reason until somebody mends the cause.

The same table carries requests to apply events again (replay): the consumer itself takes them up, with its own handler and inbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from libs.common.events.connections import Connection
from libs.common.events.envelope import Record, headers_from_json, headers_to_json, readable

REASON_LENGTH = 2000

_PUT = """
INSERT INTO dead_letter (consumer, topic, partition, position, key, event_id, type, headers, body, stored_at, reason, attempts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12)
ON CONFLICT (consumer, topic, partition, position)
DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts, failed_at = now(), replay_requested_at = NULL, replayed_at = NULL
"""
# A letter that is already waiting stays unforced when its event was never applied; asking twice is harmless.
_ASK_RECORDS = """
INSERT INTO dead_letter (consumer, topic, partition, position, key, event_id, type, headers, body, stored_at, reason, attempts,
                         replay_requested_at, forced)
SELECT $1, r.topic, r.partition, r.position, r.key, r.event_id, r.type, r.headers::jsonb, r.body, r.stored_at,
       'replay requested', 0, now(), true
FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::bytea[], $10::timestamptz[])
    AS r(topic, partition, position, key, event_id, type, headers, body, stored_at)
ON CONFLICT (consumer, topic, partition, position) DO UPDATE SET replay_requested_at = now(), forced = true, replayed_at = NULL
"""
_ASK_LETTERS = """
UPDATE dead_letter SET replay_requested_at = now()
WHERE dead_letter_id = ANY($1::bigint[]) AND replayed_at IS NULL RETURNING dead_letter_id
"""
_LIST = """
SELECT dead_letter_id, consumer, topic, partition, position, key, event_id, type, headers, body, stored_at, reason, attempts, failed_at,
       replay_requested_at, replayed_at, forced
FROM dead_letter
WHERE ($1::text IS NULL OR consumer = $1) AND ($2 OR replayed_at IS NULL) ORDER BY dead_letter_id DESC LIMIT $3
"""
_REQUESTED = """
SELECT dead_letter_id, consumer, topic, partition, position, key, event_id, type, headers, body, stored_at, reason, attempts, failed_at,
       replay_requested_at, replayed_at, forced
FROM dead_letter
WHERE consumer = $1 AND replay_requested_at IS NOT NULL AND replayed_at IS NULL
ORDER BY stored_at, topic, partition, position LIMIT $2
"""
_CLAIM = (
    "UPDATE dead_letter SET replayed_at = now() WHERE dead_letter_id = ANY($1::bigint[]) AND replayed_at IS NULL RETURNING dead_letter_id"
)
_FAILED_AGAIN = """
UPDATE dead_letter SET reason = $2, attempts = attempts + 1, failed_at = now(), replay_requested_at = NULL WHERE dead_letter_id = $1
"""
_OPEN_AMONG = "SELECT dead_letter_id FROM dead_letter WHERE dead_letter_id = ANY($1::bigint[]) AND replayed_at IS NULL"
_OPEN = "SELECT count(*) FROM dead_letter WHERE consumer = $1 AND replayed_at IS NULL"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event put aside for one consumer."""

    dead_letter_id: int
    consumer: str
    event_id: UUID | None
    type: str | None
    record: Record
    reason: str
    attempts: int
    failed_at: datetime
    replay_requested_at: datetime | None
    replayed_at: datetime | None
    forced: bool


async def put(connection: Connection, consumer: str, record: Record, reason: str, attempts: int) -> None:
    """Put a record aside; of the same place on the bus there is one letter."""
    place = (record.topic, record.partition, record.position, record.key)
    stored = (headers_to_json(record.headers), record.body, record.stored_at)
    await connection.execute(_PUT, consumer, *place, event_id(record), record.header("ce_type"), *stored, _short(reason), attempts)


async def ask_records(connection: Connection, consumer: str, records: Sequence[Record]) -> None:
    """Ask a consumer to apply records again, whether or not it has applied them."""
    await connection.execute(
        _ASK_RECORDS,
        consumer,
        [record.topic for record in records],
        [record.partition for record in records],
        [record.position for record in records],
        [record.key for record in records],
        [event_id(record) for record in records],
        [record.header("ce_type") for record in records],
        [headers_to_json(record.headers) for record in records],
        [record.body for record in records],
        [record.stored_at for record in records],
    )


async def ask_letters(connection: Connection, dead_letter_ids: Sequence[int]) -> list[int]:
    """Ask for dead letters to be applied once more; return those that were open."""
    return [row["dead_letter_id"] for row in await connection.fetch(_ASK_LETTERS, list(dead_letter_ids))]


async def open_among(connection: Connection, dead_letter_ids: Sequence[int]) -> list[int]:
    """Return those of the letters that were not applied yet."""
    return [row["dead_letter_id"] for row in await connection.fetch(_OPEN_AMONG, list(dead_letter_ids))]


async def find_all(connection: Connection, consumer: str | None = None, *, replayed: bool = False, limit: int = 100) -> list[DeadLetter]:
    """Return letters, newest first; those already applied only on demand."""
    return [_letter(row) for row in await connection.fetch(_LIST, consumer, replayed, limit)]


async def requested(connection: Connection, consumer: str, limit: int) -> list[DeadLetter]:
    """Return what a consumer was asked to apply, oldest first."""
    return [_letter(row) for row in await connection.fetch(_REQUESTED, consumer, limit)]


async def claim(connection: Connection, dead_letter_ids: Sequence[int]) -> set[int]:
    """Mark letters as replayed and return those that no other worker has marked; first in the transaction that applies them."""
    return {row["dead_letter_id"] for row in await connection.fetch(_CLAIM, list(dead_letter_ids))}


async def failed_again(connection: Connection, dead_letter_id: int, reason: str) -> None:
    """Note that the cause is not mended; the letter waits for the next request."""
    await connection.execute(_FAILED_AGAIN, dead_letter_id, _short(reason))


async def count_open(connection: Connection, consumer: str) -> int:
    """Return how many letters of a consumer wait."""
    return int(await connection.fetchval(_OPEN, consumer))


def event_id(record: Record) -> UUID | None:
    """Return the id in a record's headers, or None when it is none."""
    try:
        return UUID(record.header("ce_id") or "")
    except ValueError:
        return None


def _short(reason: str) -> str:
    return readable(reason[:REASON_LENGTH].encode("utf-8", "replace"))


def _letter(row: asyncpg.Record) -> DeadLetter:
    values: dict[str, Any] = dict(row)
    place = {name: values.pop(name) for name in ("topic", "partition", "position", "key", "body", "stored_at")}
    return DeadLetter(record=Record(headers=headers_from_json(values.pop("headers")), **place), **values)
