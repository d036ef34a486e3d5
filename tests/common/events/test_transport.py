"""Both transports keep the same promises: order, groups, following from an instant, reading by time, key and id."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from libs.common.clock import now
from libs.common.events import connections
from libs.common.events.envelope import Attributes, Message, Record, binary_headers
from libs.common.events.topics import Topic
from libs.common.events.transport import Place, Selection, Subscription, Transport, connect, partition_of
from libs.common.ids import new_id
from tests.common.events.support import COUNTER, COUNTER_STATE, Counted, eventually
from tests.support.postgres import TestDatabase


def message(key: str, sequence: int, topic: Topic = COUNTER, event_id: UUID | None = None) -> Message:
    attributes = Attributes(event_id or new_id(), Counted.TYPE, key, sequence, now())
    return Message(topic.name, key, binary_headers(attributes), Counted(counter=key, version=sequence).model_dump_json().encode())


def sequences(records: Sequence[Record]) -> list[int]:
    return [int(record.header("ce_sequence") or -1) for record in records]


async def follow(transport: Transport, since: datetime, seen: Callable[[Record], None], caught_up: asyncio.Event | None = None) -> None:
    async for record in transport.tail([COUNTER.name], since, caught_up):
        seen(record)


async def collect(subscription: Subscription, count: int) -> dict[Place, list[Record]]:
    found: dict[Place, list[Record]] = {}
    async with asyncio.timeout(20):
        while sum(map(len, found.values())) < count:
            for place, records in (await subscription.fetch(1.0)).items():
                found.setdefault(place, []).extend(records)
    return found


async def test_a_group_goes_on_where_it_committed(transport: Transport) -> None:
    group = f"test.{new_id()}"
    await transport.send([message("a", sequence) for sequence in range(5)])
    first = await transport.subscribe(group, [COUNTER.name], 100)
    ((place, records),) = (await collect(first, 5)).items()
    assert place == (COUNTER.name, partition_of("a", COUNTER.partitions))
    assert sequences(records) == [0, 1, 2, 3, 4]
    await first.commit(place, records[2].position + 1)
    await first.close()
    second = await transport.subscribe(group, [COUNTER.name], 100)
    assert sequences((await collect(second, 2))[place]) == [3, 4]
    assert (await second.lag())[place] == 0
    await second.close()


async def test_rewind_and_pause_concern_one_partition(transport: Transport) -> None:
    subscription = await transport.subscribe(f"test.{new_id()}", [COUNTER.name], 100)
    await transport.send([message("a", sequence) for sequence in range(3)])
    ((place, records),) = (await collect(subscription, 3)).items()
    subscription.rewind(place, records[1].position)
    assert sequences((await collect(subscription, 2))[place]) == [1, 2]
    subscription.pause(place)
    await transport.send([message("a", 3), message("b", 0)])
    others = await collect(subscription, 1)
    assert place not in others
    subscription.resume(place)
    assert sequences((await collect(subscription, 1))[place]) == [3]
    await subscription.close()


async def test_a_tail_starts_at_an_instant_and_follows(transport: Transport) -> None:
    await transport.send([message("old", 1)])
    await asyncio.sleep(0.05)
    since = now()
    await asyncio.sleep(0.05)
    await transport.send([message("a", 1), message("b", 1)])
    seen: list[str] = []
    caught_up = asyncio.Event()

    following = asyncio.create_task(follow(transport, since, lambda record: seen.append(record.key), caught_up))
    await asyncio.wait_for(caught_up.wait(), 20)
    assert sorted(seen) == ["a", "b"]
    await transport.send([message("c", 1)])

    async def has_followed() -> bool:
        return "c" in seen

    await eventually(has_followed)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    assert sorted(seen) == ["a", "b", "c"]


async def test_reading_by_time_key_and_id(transport: Transport) -> None:
    wanted = new_id()
    await transport.send([message("a", 1), message("b", 1, event_id=wanted)])
    await asyncio.sleep(0.05)
    middle = now()
    await asyncio.sleep(0.05)
    await transport.send([message("a", 2), message("b", 2)])

    async def read(selection: Selection) -> list[tuple[str, int]]:
        found = [record async for record in transport.read(COUNTER.name, selection)]
        return sorted(zip([record.key for record in found], sequences(found), strict=True))

    assert await read(Selection()) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert await read(Selection(since=middle)) == [("a", 2), ("b", 2)]
    assert await read(Selection(until=middle)) == [("a", 1), ("b", 1)]
    assert await read(Selection(key="a")) == [("a", 1), ("a", 2)]
    assert await read(Selection(key="a", since=middle)) == [("a", 2)]
    assert await read(Selection(ids=frozenset({wanted}))) == [("b", 1)]
    assert await read(Selection(since=now() + timedelta(hours=1))) == []


async def test_a_large_batch_arrives_whole(transport: Transport) -> None:
    await transport.send([message(f"key-{index % 50}", index) for index in range(5000)])
    await transport.send([])
    assert len([record async for record in transport.read(COUNTER.name, Selection())]) == 5000


async def test_unknown_topics_are_refused(bus_url: str) -> None:
    """With Kafka that takes as long as a request may take: the broker could still be learning of the topic."""
    transport = connect(bus_url)
    with pytest.raises((LookupError, ConnectionError)):
        await transport.send([message("a", 1, Topic("test.unknown"))])
    await transport.close()


def test_other_schemes_are_refused() -> None:
    with pytest.raises(ValueError, match="amqp://"):
        connect("amqp://127.0.0.1")


@pytest.mark.parametrize("bus_url", ["postgres"], indirect=True)
async def test_positions_have_no_gaps_under_concurrent_appends(bus_url: str) -> None:
    """Readers go from position to position: one that became visible late, or never, would be lost or waited for."""
    transports = [connect(bus_url) for _ in range(6)]
    seen: list[int] = []

    async def append(number: int) -> None:
        for sequence in range(30):
            await transports[number].send([message("a", sequence), message(f"{number}", sequence)])

    def note(record: Record) -> None:
        if record.partition == partition_of("a", COUNTER.partitions):
            seen.append(record.position)

    following = asyncio.create_task(follow(transports[0], now() - timedelta(minutes=1), note))
    await asyncio.gather(*(append(number) for number in range(6)))

    async def complete() -> bool:
        return len(seen) >= 180

    await eventually(complete)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    assert seen == list(range(len(seen)))
    for transport in transports:
        await transport.close()


@pytest.mark.parametrize("bus_url", ["postgres"], indirect=True)
async def test_upkeep_keeps_the_last_state_and_drops_old_history(bus_url: str, bus_database: TestDatabase) -> None:
    transport = connect(bus_url)
    await transport.send([message(key, sequence, COUNTER_STATE) for sequence in range(3) for key in "ab"])
    await transport.send([message("old", 1)])
    owner = await connections.connect(bus_database.owner_url, "tests")
    await owner.execute("UPDATE log SET stored_at = stored_at - interval '31 days' WHERE key = 'old'")
    await owner.close()
    await transport.send([message("new", 1)])
    await transport.maintain()
    states = [record async for record in transport.read(COUNTER_STATE.name, Selection())]
    assert [(record.key, *sequences([record])) for record in states] == [("a", 2), ("b", 2)]
    assert [record.key async for record in transport.read(COUNTER.name, Selection())] == ["new"]
    await transport.close()
