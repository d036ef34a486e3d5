"""The inbox: what a consumer has applied, so that an event delivered twice has its effect once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.events.connections import Connection
from libs.common.events.envelope import Received
from libs.common.events.topics import HISTORY_RETENTION

KEEP = HISTORY_RETENTION + timedelta(days=5)
"""Longer than the bus keeps histories, so that even a consumer that starts over finds what it has applied."""

# Blocks on rows of a member that was thought dead and is still committing: whoever commits first has applied the event.
_ACCEPT = "INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id"
_FORGET = "DELETE FROM inbox WHERE consumer = $1 AND event_id = ANY($2::uuid[])"
_PRUNE = "DELETE FROM inbox WHERE received_at < $1"


async def accept(connection: Connection, consumer: str, events: Sequence[Received]) -> list[Received]:
    """Note events as applied and return those that are new, in their order; part of the transaction that applies them."""
    rows = await connection.fetch(_ACCEPT, consumer, [event.id for event in events])
    fresh = {row["event_id"] for row in rows}
    new: list[Received] = []
    for event in events:
        if event.id in fresh:
            fresh.discard(event.id)  # the same event twice in one batch
            new.append(event)
    return new


async def forget(connection: Connection, consumer: str, event_ids: Sequence[UUID]) -> None:
    """Let events count as new once more: a replay wants them applied again."""
    await connection.execute(_FORGET, consumer, list(event_ids))


async def prune(connection: Connection, before: datetime) -> None:
    """Remove rows older than any event that can still be delivered."""
    await connection.execute(_PRUNE, before)
