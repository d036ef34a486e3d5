"""A step ends when its events are on the bus, and each event belongs to one step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from libs.common.clock import now
from libs.common.events.envelope import Message
from libs.common.events.topics import EGOV_DOSSIER
from libs.common.events.transport import connect
from stack.story.watch import Expected, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import TestDatabase, TestPostgres


@pytest.fixture
def bus(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.bus()
    yield made
    postgres.drop(made)


def told(key: str, kind: str, event_id: str | None = None) -> Message:
    headers = {"ce_id": event_id or str(uuid4()), "ce_type": f"vn.lienthong.egov.dossier.{kind}.v1", "ce_time": now().isoformat()}
    return Message(EGOV_DOSSIER.name, key, tuple((name, value.encode()) for name, value in headers.items()), b"{}")


async def test_an_event_is_waited_for_and_told_once(bus: TestDatabase) -> None:
    transport = connect(bus.url)
    try:
        await transport.ensure_topics([EGOV_DOSSIER])
        watch = Watch(transport)
        waiting = asyncio.create_task(watch.caused((Expected(EGOV_DOSSIER.name, "d1", "egov.dossier.submitted"),)))
        await transport.send([told("d1", "drafted"), told("d2", "submitted")])
        assert not waiting.done()
        await transport.send([told("d1", "submitted")])
        found = await asyncio.wait_for(waiting, 10)
        assert [event.type for event in found] == ["egov.dossier.drafted", "egov.dossier.submitted"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch.caused((Expected(EGOV_DOSSIER.name, "d1", "egov.dossier.submitted"),)), 0.3)
    finally:
        await transport.close()


async def test_what_follows_the_last_expected_event_belongs_to_the_next_step(bus: TestDatabase) -> None:
    transport, twice = connect(bus.url), str(uuid4())
    try:
        await transport.ensure_topics([EGOV_DOSSIER])
        watch = Watch(transport)
        await transport.send([told("d1", "drafted"), told("d1", "released", twice), told("d1", "released", twice), told("d1", "moved")])
        found = await asyncio.wait_for(watch.caused((Expected(EGOV_DOSSIER.name, "d1", "egov.dossier.released"),)), 10)
        assert [event.type for event in found] == ["egov.dossier.drafted", "egov.dossier.released"]
        found = await asyncio.wait_for(watch.caused((Expected(EGOV_DOSSIER.name, "d1", "egov.dossier.moved"),)), 10)
        assert [event.type for event in found] == ["egov.dossier.moved"]
    finally:
        await transport.close()


async def test_a_bus_that_is_away_is_waited_for_and_named(bus: TestDatabase) -> None:
    transport = connect(bus.url.replace(bus.name, "t_bus_none"))
    watch = Watch(transport)
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch.caused((Expected(EGOV_DOSSIER.name, "d1", "egov.dossier.moved"),)), 0.5)
        assert "t_bus_none" in str(watch.trouble)
    finally:
        await transport.close()
