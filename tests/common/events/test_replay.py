"""Replay by id, key and time: a dry run changes nothing, a real one is applied by the consumer itself."""

from datetime import timedelta
from uuid import UUID

from libs.common.clock import now
from libs.common.events.connections import Connection
from libs.common.events.relay import Relay
from libs.common.events.replay import list_dead_letters, list_events, replay, replay_dead_letters
from libs.common.events.runner import ConsumerRunner
from libs.common.events.transport import Selection, Transport
from tests.common.events.support import COUNTER, Counted, count_up, eventually
from tests.common.events.test_consumer import effects, has_letters, poisoned, project, running, wait_for_effects
from tests.support.postgres import TestDatabase


async def test_a_dry_run_only_counts(service: TestDatabase, database: Connection, transport: Transport) -> None:
    await count_up(database, "a", 2)
    await Relay(service.url, transport).drain()
    async with running(ConsumerRunner(project, service.url, transport)):
        await wait_for_effects(database, 2)
    await count_up(database, "a")
    await Relay(service.url, transport).drain()
    plan = await replay(transport, service.url, project.name, COUNTER.name, Selection(key="a"))
    assert (plan.dry_run, plan.events, plan.applied_before, plan.types) == (True, 3, 2, {Counted.TYPE: 3})
    assert plan.first is not None
    assert plan.last is not None
    assert now() - timedelta(minutes=1) < plan.first <= plan.last <= now() + timedelta(seconds=1)
    assert await database.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_chosen_events_are_applied_again_in_order(service: TestDatabase, database: Connection, transport: Transport) -> None:
    await count_up(database, "a", 3)
    await count_up(database, "b", 1)
    await Relay(service.url, transport).drain()
    async with running(ConsumerRunner(project, service.url, transport)):
        await wait_for_effects(database, 4)
        done = await replay(transport, service.url, project.name, COUNTER.name, Selection(key="a"), dry_run=False)
        assert (done.events, done.applied_before) == (3, 3)
        await wait_for_effects(database, 7)
        one = (await list_events(transport, COUNTER.name, Selection(key="b")))[0]
        chosen = Selection(ids=frozenset({UUID(one.header("ce_id"))}))
        await replay(transport, service.url, project.name, COUNTER.name, chosen, dry_run=False)
        await wait_for_effects(database, 8)
    assert (await effects(database))[4:] == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    assert await list_dead_letters(service.url) == []


async def test_listing_is_bounded(service: TestDatabase, database: Connection, transport: Transport) -> None:
    await count_up(database, "a", 5)
    await Relay(service.url, transport).drain()
    assert len(await list_events(transport, COUNTER.name, Selection(), limit=3)) == 3


async def test_dead_letters_by_command(service: TestDatabase, database: Connection, transport: Transport) -> None:
    poisoned.add("bad")
    try:
        await count_up(database, "bad")
        await Relay(service.url, transport).drain()
        async with running(ConsumerRunner(project, service.url, transport)):
            await wait_for_letter(database)
            ids = [letter.dead_letter_id for letter in await list_dead_letters(service.url, project.name)]
            assert await replay_dead_letters(service.url, ids) == ids
            assert await effects(database) == []
            poisoned.clear()
            assert await replay_dead_letters(service.url, ids, dry_run=False) == ids
            await wait_for_effects(database, 1)
        assert len(await list_dead_letters(service.url, replayed=True)) == 1
        assert await replay_dead_letters(service.url, ids) == []
    finally:
        poisoned.clear()


async def wait_for_letter(database: Connection) -> None:
    await eventually(lambda: has_letters(database, 1))
