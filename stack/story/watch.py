"""Looks on the event bus for what a step caused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from libs.common.clock import now
from libs.common.events.replay import list_events
from libs.common.events.transport import Selection
from stack.story.record import Caused

if TYPE_CHECKING:
    from datetime import datetime

    from libs.common.events.envelope import Record
    from libs.common.events.transport import Transport

PREFIX = "vn.lienthong."
POLL_SECONDS = 0.05
CLOCK_SKEW = timedelta(seconds=2)
"""The broker's clock and ours may differ by this much; keys keep other events out."""


class Expected(NamedTuple):
    """An event that has to come: its topic, its key, its type without the platform's prefix."""

    topic: str
    key: str
    type: str


@dataclass(slots=True)
class Watch:
    """Reads topics from the story's beginning on; each event belongs to one step.

    `trouble` is why the bus could not be read the last time it was tried, None when it could.
    """

    transport: Transport
    since: datetime = field(default_factory=lambda: now() - CLOCK_SKEW)
    seen: set[str] = field(default_factory=set)
    trouble: str | None = None

    async def caused(self, expected: tuple[Expected, ...]) -> list[Caused]:
        """Return the events of the expected topics and keys up to the last expected one, without those of the steps before.

        What follows it belongs to the next step, which services may well have begun. Waits as long as it takes, also for a bus that is
        away: the step's time limit bounds it.
        """
        places = list(dict.fromkeys((one.topic, one.key) for one in expected))
        while True:
            found = [up_to_last(events, expected) for events in await self._read(places)]
            events = [event for part in found for event in part]
            have = {(event.topic, event.key, event.type) for event in events}
            if have.issuperset(expected):
                self.seen |= {event.event_id for event in events}
                return events
            await asyncio.sleep(POLL_SECONDS)

    async def _read(self, places: list[tuple[str, str]]) -> list[list[Caused]]:
        try:
            found = await asyncio.gather(*(self._new(*place) for place in places))
        except Exception as error:  # noqa: BLE001 - each transport has errors of its own for a bus that is away
            self.trouble = repr(error)
            return []
        self.trouble = None
        return found

    async def _new(self, topic: str, key: str) -> list[Caused]:
        records = await list_events(self.transport, topic, Selection(since=self.since, key=key))
        events = {(caused := _caused(record)).event_id: caused for record in records}  # what is delivered twice bears one id
        return [event for event_id, event in events.items() if event_id not in self.seen]


def up_to_last(events: list[Caused], expected: tuple[Expected, ...]) -> list[Caused]:
    """Return the events of one key, in order, up to the last one that is expected."""
    last = max((number for number, event in enumerate(events, 1) if (event.topic, event.key, event.type) in expected), default=0)
    return events[:last]


def _caused(record: Record) -> Caused:
    kind = (record.header("ce_type") or "").removeprefix(PREFIX).rpartition(".v")[0]
    return Caused(record.topic, kind, record.key, record.header("ce_id") or "")
