"""What a consumer's handler works with: one transaction over the whole platform's rows, in the consumer's name."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from libs.common.events import outbox
from libs.common.events.catalogue import Event
from libs.common.events.connections import Connection
from libs.common.events.envelope import Received

# open_scope comes from the common migration: organisation codes ("*" is the whole platform), person, actor.
_OPEN_SCOPE = "SELECT open_scope('{*}', NULL, $1)"


class WorkerSession:
    """A transaction that is opened and committed by the consumer, never by the handler."""

    def __init__(self, connection: Connection, actor: str) -> None:
        self.connection = connection
        self.actor = actor
        self._recorded: list[tuple[Event, str | None]] = []

    async def open(self) -> None:
        """Set the scope of the transaction."""
        await self.connection.execute(_OPEN_SCOPE, self.actor)

    def record(self, event: Event, cause: Received | None = None) -> None:
        """Publish an event if this transaction commits; `cause` carries the trace on."""
        self._recorded.append((event, cause.traceparent if cause else None))

    @property
    def has_recorded(self) -> bool:
        """Tell whether the relay has something to do after the commit."""
        return bool(self._recorded)

    async def finish(self) -> None:
        """Write the outbox rows; the last statement before the commit."""
        by_trace: list[tuple[str | None, list[Event]]] = []
        for event, traceparent in self._recorded:
            if not by_trace or by_trace[-1][0] != traceparent:
                by_trace.append((traceparent, []))
            by_trace[-1][1].append(event)
        for traceparent, events in by_trace:
            await outbox.insert(self.connection, events, traceparent)

    async def execute(self, query: str, *arguments: Any) -> str:
        """Run one statement."""
        return await self.connection.execute(query, *arguments)

    async def executemany(self, query: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        await self.connection.executemany(query, arguments)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return all rows."""
        return await self.connection.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: Any) -> asyncpg.Record | None:
        """Return the first row, or None."""
        return await self.connection.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """Return the first column of the first row, or None."""
        return await self.connection.fetchval(query, *arguments)
