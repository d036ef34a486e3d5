"""Looking into the bus and applying events again: what the command line `lienthong events …` calls.

A replay sends nothing to the bus, where other consumers and compacted topics would see it: it asks one consumer, through its database, to
apply chosen events again; the consumer's worker does so within a second or two, with its own handler.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from libs.common.events import connections, dead_letters
from libs.common.events.dead_letters import DeadLetter
from libs.common.events.envelope import Record
from libs.common.events.transport import Selection, Transport

CHUNK = 500
_APPLIED = "SELECT count(*) FROM inbox WHERE consumer = $1 AND event_id = ANY($2::uuid[])"


@dataclass(slots=True)
class Replay:
    """What a replay does, or would do: `applied_before` events have had their effect and get it again."""

    consumer: str
    dry_run: bool
    events: int = 0
    applied_before: int = 0
    types: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


async def list_events(transport: Transport, topic: str, selection: Selection, limit: int = 100) -> list[Record]:
    """Return the first selected records of a topic, partition by partition."""
    found: list[Record] = []
    async for record in transport.read(topic, selection):
        found.append(record)
        if len(found) >= limit:
            break
    return found


async def replay(
    transport: Transport, database_url: str, consumer: str, topic: str, selection: Selection, *, dry_run: bool = True
) -> Replay:
    """Ask `consumer`, whose database is given, to apply the selected events of a topic again; with `dry_run` only count them."""
    outcome = Replay(consumer, dry_run)
    connection = await connections.connect(database_url, "replay")
    try:
        async for chunk in _chunks(transport.read(topic, selection)):
            ids = [event_id for event_id in map(dead_letters.event_id, chunk) if event_id is not None]
            outcome.events += len(chunk)
            outcome.applied_before += await connection.fetchval(_APPLIED, consumer, ids)
            outcome.types.update(record.header("ce_type") or "unreadable" for record in chunk)
            outcome.first = min([record.stored_at for record in chunk] + ([outcome.first] if outcome.first else []))
            outcome.last = max([record.stored_at for record in chunk] + ([outcome.last] if outcome.last else []))
            if not dry_run:
                await dead_letters.ask_records(connection, consumer, chunk)
    finally:
        await connection.close()
    return outcome


async def list_dead_letters(
    database_url: str, consumer: str | None = None, *, replayed: bool = False, limit: int = 100
) -> list[DeadLetter]:
    """Return dead letters of a service's consumers, newest first."""
    connection = await connections.connect(database_url, "dead letters")
    try:
        return await dead_letters.find_all(connection, consumer, replayed=replayed, limit=limit)
    finally:
        await connection.close()


async def replay_dead_letters(database_url: str, dead_letter_ids: Sequence[int], *, dry_run: bool = True) -> list[int]:
    """Ask for dead letters to be applied again, now that their cause is mended; return the ids that were (or would be) asked for."""
    connection = await connections.connect(database_url, "dead letters")
    try:
        if dry_run:
            return await dead_letters.open_among(connection, dead_letter_ids)
        return await dead_letters.ask_letters(connection, dead_letter_ids)
    finally:
        await connection.close()


async def _chunks(records: AsyncIterator[Record]) -> AsyncIterator[list[Record]]:
    chunk: list[Record] = []
    async for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
