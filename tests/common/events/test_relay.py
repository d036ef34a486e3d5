"""The relay: what is committed reaches the bus in order; what is not, does not; a bus that is away loses nothing."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.events import connections, outbox
from libs.common.events.connections import Connection
from libs.common.events.envelope import Message, Record, receive
from libs.common.events.outbox import Waker
from libs.common.events.relay import Relay
from libs.common.events.transport import Selection, Transport
from tests.common.events.support import COUNTER, Counted, count_up, eventually
from tests.support.postgres import TestDatabase

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def stored(transport: Transport) -> list[Record]:
    return [record async for record in transport.read(COUNTER.name, Selection())]


async def test_committed_events_arrive_in_order_of_their_key(service: TestDatabase, database: Connection, transport: Transport) -> None:
    for _ in range(3):
        for key in ("a", "b", "c", "d"):
            await count_up(database, key)
    assert await Relay(service.url, transport).drain() == 12
    by_key: dict[str, list[int]] = {}
    for record in await stored(transport):
        by_key.setdefault(record.key, []).append(receive(record).sequence)
    assert by_key == {key: [1, 2, 3] for key in "abcd"}
    assert await database.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_envelope_survives_the_way(service: TestDatabase, database: Connection, transport: Transport) -> None:
    before = datetime.now(UTC)
    await outbox.insert(database, [Counted(counter="lớp 6A", version=7)], TRACE)
    await Relay(service.url, transport).drain()
    event = receive((await stored(transport))[0])
    assert (event.type, event.key, event.sequence, event.traceparent) == (Counted.TYPE, "lớp 6A", 7, TRACE)
    assert before <= event.time <= datetime.now(UTC)
    assert event.parse(Counted) == Counted(counter="lớp 6A", version=7)


async def test_a_rolled_back_event_never_arrives(service: TestDatabase, database: Connection, transport: Transport) -> None:
    transaction = database.transaction()
    await transaction.start()
    await outbox.insert(database, [Counted(counter="a", version=1)])
    await transaction.rollback()
    assert await Relay(service.url, transport).drain() == 0


async def test_an_event_committed_late_is_not_lost(service: TestDatabase, database: Connection, transport: Transport) -> None:
    """A lower id that becomes visible after a higher one was sent: the case that a position watermark loses."""
    transaction = database.transaction()
    await transaction.start()
    await outbox.insert(database, [Counted(counter="slow", version=1)])
    async with Other(service) as other:
        await count_up(other, "fast")
    relay = Relay(service.url, transport)
    assert await relay.drain() == 1
    await transaction.commit()
    assert await relay.drain() == 1
    assert [record.key for record in sorted(await stored(transport), key=lambda record: record.stored_at)] == ["fast", "slow"]


async def test_more_than_a_batch_and_only_one_hot_key(service: TestDatabase, database: Connection, transport: Transport) -> None:
    await outbox.insert(database, [Counted(counter="hot", version=version) for version in range(1, 101)])
    assert await Relay(service.url, transport, batch=7).drain() == 100
    assert [receive(record).sequence for record in await stored(transport)] == list(range(1, 101))


async def test_a_bus_that_is_away_loses_nothing_and_keeps_order(service: TestDatabase, database: Connection, transport: Transport) -> None:
    class Flaky:
        calls = 0

        async def send(self, messages: Sequence[Message]) -> None:
            Flaky.calls += 1
            if Flaky.calls == 1:
                raise ConnectionError("bus is away")
            if Flaky.calls == 2:
                await transport.send(messages)  # stored, but the answer is lost: the relay has to send again
                raise TimeoutError
            await transport.send(messages)

    flaky: object = Flaky()
    stop = asyncio.Event()
    relay = Relay(service.url, flaky)  # type: ignore[arg-type]  # a bus of which only sending is used
    running = asyncio.create_task(relay.run(stop))
    await count_up(database, "a", 5)
    await eventually(lambda: is_empty(database))
    stop.set()
    await running
    first_seen = list(dict.fromkeys(receive(record).sequence for record in await stored(transport)))
    assert first_seen == [1, 2, 3, 4, 5]


async def test_woken_after_commit(service: TestDatabase, database: Connection, transport: Transport) -> None:
    stop, waker = asyncio.Event(), Waker(service.url)
    running = asyncio.create_task(Relay(service.url, transport).run(stop))
    await count_up(database, "a")
    await eventually(lambda: is_empty(database))
    delays = []
    for _ in range(5):
        started = asyncio.get_running_loop().time()
        await count_up(database, "a")
        waker.wake()
        await eventually(lambda: is_empty(database))
        delays.append(asyncio.get_running_loop().time() - started)
    stop.set()
    await running
    await waker.close()
    assert sorted(delays)[2] < 0.5  # the poll alone would take a second


async def test_two_relays_share_the_shards(service: TestDatabase, database: Connection, transport: Transport) -> None:
    stop = asyncio.Event()
    sent = [0, 0]

    def counting(index: int) -> Relay:
        def add(count: int) -> None:
            sent[index] += count

        return Relay(service.url, transport, on_sent=add)

    running = [asyncio.create_task(counting(index).run(stop)) for index in range(2)]

    async def both_have_sent() -> bool:
        for key in "abcdefgh":
            await count_up(database, key)
        return all(sent)

    await eventually(both_have_sent)
    await eventually(lambda: is_empty(database))
    stop.set()
    await asyncio.gather(*running)
    by_key: dict[str, list[int]] = {}
    for record in await stored(transport):
        by_key.setdefault(record.key, []).append(receive(record).sequence)
    for sequences in by_key.values():
        assert sequences == list(range(1, len(sequences) + 1))


async def is_empty(database: Connection) -> bool:
    return bool(await database.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"))


class Other:
    """A second connection for the length of a block."""

    def __init__(self, service: TestDatabase) -> None:
        self._url = service.url

    async def __aenter__(self) -> Connection:
        self._connection = await connections.connect(self._url, "tests")
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
