"""The relay: takes committed events from the outbox to the bus, in order, at least once.

One shard is handled by one relay at a time (session advisory lock), on the connection that also claims and deletes: a relay that lost its
locks cannot delete. A claim is rolled back when the bus does not take the batch, so nothing is lost and the order stays.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from libs.common.events import connections
from libs.common.events.connections import Connection
from libs.common.events.heartbeat import Heartbeats, keep_running
from libs.common.events.outbox import CHANNEL, SHARDS, to_message
from libs.common.events.ownership import Ownership
from libs.common.events.transport import Transport

BATCH = 250
"""Events of one shard in one claim; a claim covers all shards that the relay holds."""
POLL_SECONDS = 1.0
SEND_SECONDS = 15.0
LOOP = "relay"
log = logging.getLogger(__name__)

# Deleting at the claim saves a round trip; the deletion counts only if the commit after the bus's answer is reached. SKIP LOCKED skips
# nothing while the shard locks hold; should they ever fail (a pooler between), two relays would share the work instead of blocking each
# other. Each shard is read along the primary key, so a claim costs the same whatever waits behind it; rows are deleted by ctid, which is
# safe because they were locked in the same statement.
_CLAIM = """
WITH claimed AS (
    DELETE FROM outbox WHERE ctid = ANY(ARRAY(
        SELECT lowest.place FROM unnest($1::smallint[]) AS held(shard) CROSS JOIN LATERAL (
            SELECT o.ctid AS place FROM outbox o WHERE o.shard = held.shard ORDER BY o.outbox_id LIMIT $2 FOR UPDATE SKIP LOCKED) AS lowest
    )) RETURNING outbox_id, topic, key, event_id, type, sequence, occurred_at, traceparent, body
)
SELECT * FROM claimed ORDER BY outbox_id
"""


class Relay:
    """Moves the outbox of one database to the bus."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        *,
        batch: int = BATCH,
        beats: Heartbeats | None = None,
        on_sent: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._url = url
        self._transport = transport
        self._batch = batch
        self._beats = beats or Heartbeats()
        self._on_sent = on_sent
        self._bell = asyncio.Event()

    def wake(self) -> None:
        """Look into the outbox now: somebody in this process has committed events."""
        self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until told to stop; a lost database or bus is waited for."""
        await keep_running(LOOP, stop, lambda: self._follow(stop), self._beats)

    async def drain(self) -> int:
        """Send everything that is in the outbox now, and return how many events that was (for tools and measurements)."""
        connection = await connections.connect(self._url, "relay")
        try:
            ownership = Ownership(connection, LOOP, SHARD_NAMES)
            await ownership.rebalance()
            total = 0
            while sent := await self._pass(connection, ownership):
                total += sent
            return total
        finally:
            await connection.close()

    async def _follow(self, stop: asyncio.Event) -> None:
        connection = await connections.connect(self._url, "relay")
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._bell.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._bell.set())
            connection.add_termination_listener(lambda *_: self._bell.set())
            ownership = Ownership(connection, LOOP, SHARD_NAMES)
            rebalance_at = 0.0
            while not stop.is_set():
                self._beats.beat(LOOP)
                if time.monotonic() >= rebalance_at:
                    await ownership.rebalance()
                    rebalance_at = time.monotonic() + POLL_SECONDS
                self._bell.clear()
                if await self._pass(connection, ownership) < self._batch:
                    await self._rest()
        finally:
            stopping.cancel()
            connection.terminate()

    async def _pass(self, connection: Connection, ownership: Ownership) -> int:
        if not ownership.held:
            return 0
        async with connection.transaction():
            rows = await connection.fetch(_CLAIM, [int(shard) for shard in ownership.held], self._batch)
            if rows:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._transport.send([to_message(row) for row in rows])
        if rows:
            self._on_sent(len(rows))
        return len(rows)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._bell.wait(), POLL_SECONDS)
        except TimeoutError:
            return


SHARD_NAMES = [str(shard) for shard in range(SHARDS)]
