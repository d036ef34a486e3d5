"""The outbox: columns as the unit of work wants them, one shard per key in Python and in SQL, and limits that protect the bus."""

import asyncpg
import pytest

from libs.common.events import outbox
from libs.common.events.connections import Connection
from libs.common.events.outbox import SHARDS, Waker, outbox_rows, shard_of
from libs.common.ids import new_id
from tests.common.events.support import COUNTER, Counted, eventually
from tests.support.postgres import TestDatabase


def test_events_become_columns_in_their_order() -> None:
    rows = outbox_rows([Counted(counter=key, version=index) for index, key in enumerate("abc")], "trace")
    assert rows.key == ["a", "b", "c"]
    assert rows.sequence == [0, 1, 2]
    assert rows.topic == [COUNTER.name] * 3
    assert rows.body == [f'{{"counter":"{key}","version":{index}}}' for index, key in enumerate("abc")]
    assert rows.traceparent == ["trace"] * 3
    assert len(set(rows.event_id)) == 3
    assert len(set(rows.occurred_at)) == 1


async def test_shards_are_the_same_in_sql(database: Connection) -> None:
    keys = [*(str(new_id()) for _ in range(200)), "2017-2018", "trường tiểu học Phong Đông", "đ", "🏫", " "]
    rows = await database.fetch("SELECT key, outbox_shard(key) AS shard FROM unnest($1::text[]) AS key", keys)
    assert {row["key"]: row["shard"] for row in rows} == {key: shard_of(key) for key in keys}
    assert {shard_of(key) for key in keys} == set(range(SHARDS))


async def test_ids_follow_the_order_of_events(database: Connection) -> None:
    await outbox.insert(database, [Counted(counter="a", version=version) for version in range(500)])
    rows = await database.fetch("SELECT sequence FROM outbox ORDER BY outbox_id")
    assert [row["sequence"] for row in rows] == list(range(500))


async def test_an_event_no_bus_would_take_fails_its_own_transaction(database: Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await outbox.insert(database, [Counted(counter="a" * 300_000, version=1)])


async def test_a_waker_survives_a_lost_connection(database: Connection) -> None:
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1

    await database.add_listener(outbox.CHANNEL, hear)
    waker = Waker(await database.fetchval("SELECT 'postgresql://nobody@127.0.0.1:1/none'"))
    waker.wake()  # nobody listens there: no error, the relay polls
    await waker.close()
    assert heard == 0


async def test_many_wakes_are_few_notifications(database: Connection, service: TestDatabase) -> None:
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1

    async def was_heard() -> bool:
        return heard > 0

    await database.add_listener(outbox.CHANNEL, hear)
    waker = Waker(service.url)
    for _ in range(1000):
        waker.wake()
    await eventually(was_heard)
    await waker.close()
    assert heard < 10
