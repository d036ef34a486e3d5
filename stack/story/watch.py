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
    """Reads topics from the story's beginning on; each event belongs to the first step that saw it."""

    transport: Transport
    since: datetime = field(default_factory=lambda: now() - CLOCK_SKEW)
    seen: set[str] = field(default_factory=set)

    async def caused(self, expected: tuple[Expected, ...]) -> list[Caused]:
        """Return all events of the expected topics and keys that no step has seen, once each expected one is there.

        Waits as long as it takes: the step's time limit bounds it.
        """
        places = list(dict.fromkeys((one.topic, one.key) for one in expected))
        while True:
            found = [event for events in await asyncio.gather(*(self._new(*place) for place in places)) for event in events]
            have = {(event.topic, event.key, event.type) for event in found}
            if all((one.topic, one.key, one.type) in have for one in expected):
                self.seen |= {event.event_id for event in found}
                return found
            await asyncio.sleep(POLL_SECONDS)

    async def _new(self, topic: str, key: str) -> list[Caused]:
        records = await list_events(self.transport, topic, Selection(since=self.since, key=key))
        events = [Caused(topic, _type(record.header("ce_type")), key, record.header("ce_id") or "") for record in records]
        return [event for event in events if event.event_id not in self.seen]


def _type(text: str | None) -> str:
    """Return a type without prefix and version."""
    return (text or "").removeprefix(PREFIX).rpartition(".v")[0]
