"""Applying records for one consumer: inbox, handler and outbox in one transaction.

A batch that fails is halved until the record at fault stands alone.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import ValidationError

from libs.common.events import dead_letters, inbox
from libs.common.events.connections import Connection, is_transient
from libs.common.events.consumer import Consumer
from libs.common.events.dead_letters import DeadLetter
from libs.common.events.envelope import Received, Record, UnreadableError, receive
from libs.common.events.session import WorkerSession

REPLAYS = 200


@dataclass(slots=True)
class Tally:
    """What became of the records so far."""

    applied: int = 0
    repeated: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """The first record that could not be applied; everything before it was."""

    record: Record
    error: Exception

    @property
    def final(self) -> bool:
        """Tell whether trying again is pointless: bytes do not change."""
        return isinstance(self.error, UnreadableError | ValidationError)

    @property
    def reason(self) -> str:
        """The error as kept with the dead letter; of validation errors no values, which may be personal data."""
        if isinstance(self.error, ValidationError):
            found = self.error.errors(include_input=False, include_url=False, include_context=False)
            return "; ".join(f"/{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in found)
        return f"{type(self.error).__name__}: {self.error}"


class Applier:
    """Applies records with one consumer's handler on one connection."""

    def __init__(
        self, consumer: Consumer, session_type: type[WorkerSession] = WorkerSession, on_recorded: Callable[[], None] = lambda: None
    ) -> None:
        self._consumer = consumer
        self._session_type = session_type
        self._on_recorded = on_recorded
        self.tally = Tally()

    async def advance(self, connection: Connection, records: Sequence[Record]) -> Failure | None:
        """Apply records in order, in as few transactions as it takes; stop at the first that fails.

        Raises only transient errors: then nothing can be said about the records, and the same call may be repeated.
        """
        if not records:
            return None
        try:
            events = [event for event in map(receive, records) if self._consumer.wants(event)]
            if events:
                async with self._session(connection) as session:
                    await self._apply(session, events)
        except Exception as error:
            if is_transient(error) or connection.is_closed():
                raise
            self.tally.failed += 1
            if len(records) == 1:
                return Failure(records[0], error)
            middle = len(records) // 2
            return await self.advance(connection, records[:middle]) or await self.advance(connection, records[middle:])
        return None

    async def bury(self, connection: Connection, failure: Failure, attempts: int) -> None:
        """Put the record of a failure aside."""
        await dead_letters.put(connection, self._consumer.name, failure.record, failure.reason, attempts)

    async def replay(self, connection: Connection) -> int:
        """Apply what was asked for again, oldest first; return how many letters were dealt with."""
        letters = await dead_letters.requested(connection, self._consumer.name, REPLAYS)
        await self._replay(connection, letters)
        return len(letters)

    async def _replay(self, connection: Connection, letters: Sequence[DeadLetter]) -> None:
        if not letters:
            return
        try:
            async with self._session(connection) as session:
                mine = await dead_letters.claim(connection, [letter.dead_letter_id for letter in letters])
                taken = [(letter, receive(letter.record)) for letter in letters if letter.dead_letter_id in mine]
                await inbox.forget(connection, self._consumer.name, [event.id for letter, event in taken if letter.forced])
                await self._apply(session, [event for _, event in taken if self._consumer.wants(event)])
        except Exception as error:
            if is_transient(error) or connection.is_closed():
                raise
            if len(letters) == 1:
                await dead_letters.failed_again(connection, letters[0].dead_letter_id, Failure(letters[0].record, error).reason)
                return
            middle = len(letters) // 2
            await self._replay(connection, letters[:middle])
            await self._replay(connection, letters[middle:])

    @asynccontextmanager
    async def _session(self, connection: Connection) -> AsyncIterator[WorkerSession]:
        session = self._session_type(connection, f"consumer:{self._consumer.name}")
        async with connection.transaction():
            await session.open()
            yield session
            await session.finish()
        if session.has_recorded:
            self._on_recorded()

    async def _apply(self, session: WorkerSession, events: Sequence[Received]) -> None:
        new = await inbox.accept(session.connection, self._consumer.name, events)
        if new:
            await self._consumer.handler(session, new)
        self.tally.applied += len(new)
        self.tally.repeated += len(events) - len(new)
