"""Running one consumer: fetch, apply, commit; a partition that fails is paused with back-off while the others go on."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from libs.common.events import connections, dead_letters
from libs.common.events.apply import Applier, Failure, Tally
from libs.common.events.connections import Connection, is_transient
from libs.common.events.consumer import Consumer
from libs.common.events.envelope import Record
from libs.common.events.heartbeat import Heartbeats, delay, keep_running
from libs.common.events.session import WorkerSession
from libs.common.events.transport import Place, Subscription, Transport, names

WAIT_SECONDS = 1.0
REPLAY_SECONDS = 1.0
RETRY_LONGEST_SECONDS = 5.0
IN_VAIN_SECONDS = 60.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Trouble:
    """A partition that is being retried: the position that failed, how often, and when to try again."""

    position: int
    attempts: int
    retry_at: float


class ConsumerRunner:
    """One member of a consumer's group, with one database connection."""

    def __init__(
        self,
        consumer: Consumer,
        url: str,
        transport: Transport,
        *,
        session_type: type[WorkerSession] = WorkerSession,
        on_recorded: Callable[[], None] = lambda: None,
        beats: Heartbeats | None = None,
    ) -> None:
        self._consumer = consumer
        self._url = url
        self._transport = transport
        self._beats = beats or Heartbeats()
        self._applier = Applier(consumer, session_type, on_recorded)
        self._trouble: dict[Place, Trouble] = {}
        self._in_vain: dict[str, float] = {}
        self._replay_at = 0.0
        self.lag: dict[Place, int] = {}
        self.open_letters = 0

    @property
    def name(self) -> str:
        """The consumer's name."""
        return self._consumer.name

    @property
    def tally(self) -> Tally:
        """What became of the records since the process started."""
        return self._applier.tally

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop; a lost database or bus is waited for."""
        await keep_running(self.name, stop, lambda: self._follow(stop), self._beats)

    async def _follow(self, stop: asyncio.Event) -> None:
        self._trouble.clear()
        connection = await connections.connect(self._url, self.name)
        try:
            subscription = await self._transport.subscribe(self.name, names(self._consumer.topics), self._consumer.batch)
            try:
                while not stop.is_set():
                    self._beats.beat(self.name)
                    await self._round(connection, subscription)
            finally:
                await subscription.close()
        finally:
            connection.terminate()

    async def _round(self, connection: Connection, subscription: Subscription) -> None:
        if time.monotonic() >= self._replay_at:
            await self._look_around(connection, subscription)
            self._replay_at = time.monotonic() + REPLAY_SECONDS
        for place, trouble in self._trouble.items():
            if trouble.retry_at <= time.monotonic():
                subscription.resume(place)
        batches = await subscription.fetch(self._patience())
        for place, records in batches.items():
            await self._take(connection, subscription, place, records)

    async def _look_around(self, connection: Connection, subscription: Subscription) -> None:
        """Once a second, beside the stream: requested replays, and the figures for metrics."""
        await self._applier.replay(connection)
        self.lag = await subscription.lag()
        self.open_letters = await dead_letters.count_open(connection, self.name)

    def _patience(self) -> float:
        soonest = min((trouble.retry_at for trouble in self._trouble.values()), default=float("inf"))
        return max(0.0, min(WAIT_SECONDS, soonest - time.monotonic()))

    async def _take(self, connection: Connection, subscription: Subscription, place: Place, records: list[Record]) -> None:
        """Apply one partition's records; a record in trouble goes first and alone, so that each try costs one small transaction."""
        trouble = self._trouble.get(place)
        in_trouble = trouble is not None and trouble.position == records[0].position
        parts = [records[:1], records[1:]] if in_trouble else [records]
        for part in parts:
            try:
                failure = await self._applier.advance(connection, part)
            except Exception as error:
                if not is_transient(error) or connection.is_closed():
                    raise
                self._hold(subscription, place, part[0], error)
                return
            if failure is not None:
                await self._fail(connection, subscription, place, failure)
                return
            self._trouble.pop(place, None)
            if part:
                await subscription.commit(place, part[-1].position + 1)

    async def _fail(self, connection: Connection, subscription: Subscription, place: Place, failure: Failure) -> None:
        position = failure.record.position
        trouble = self._trouble.get(place)
        attempts = 1 + (trouble.attempts if trouble is not None and trouble.position == position else 0)
        if failure.final or attempts >= self._consumer.tries or self._waited_for(failure.reason):
            if not failure.final:
                self._in_vain[failure.reason] = time.monotonic()
            await self._applier.bury(connection, failure, attempts)
            log.error("%s: dead letter %s/%s at %s: %s", self.name, *place, position, failure.reason)
            self._trouble.pop(place, None)
            await subscription.commit(place, position + 1)
            subscription.rewind(place, position + 1)
            return
        self._pause(subscription, place, Trouble(position, attempts, time.monotonic() + delay(attempts, RETRY_LONGEST_SECONDS)))
        await subscription.commit(place, position)

    def _waited_for(self, reason: str) -> bool:
        """Tell whether an event before was given up for the same reason just now: what a thousand events lack is waited for once."""
        oldest = time.monotonic() - IN_VAIN_SECONDS
        self._in_vain = {one: since for one, since in self._in_vain.items() if since > oldest}
        return reason in self._in_vain

    def _hold(self, subscription: Subscription, place: Place, record: Record, error: Exception) -> None:
        """Try again later without counting: nothing is wrong with the record."""
        log.warning("%s: %s/%s waits: %s: %s", self.name, *place, type(error).__name__, error)
        trouble = self._trouble.get(place)
        attempts = trouble.attempts if trouble is not None and trouble.position == record.position else 0
        self._pause(subscription, place, Trouble(record.position, attempts, time.monotonic() + delay(1)))

    def _pause(self, subscription: Subscription, place: Place, trouble: Trouble) -> None:
        self._trouble[place] = trouble
        subscription.rewind(place, trouble.position)
        subscription.pause(place)
