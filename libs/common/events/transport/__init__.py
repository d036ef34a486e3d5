"""The bus behind one small interface: Kafka in production, a durable log in PostgreSQL on one machine.

Both keep messages of one key in order (a key lives in one partition), deliver at least once, and let a group of consumers share partitions.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from libs.common.events.envelope import Message, Record
from libs.common.events.topics import Topic
from libs.common.settings import KafkaSettings

Place = tuple[str, int]
"""A topic and one of its partitions."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which stored records to read: every given condition must hold; `since` is inclusive, `until` exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    key: str | None = None
    ids: frozenset[UUID] | None = None

    def matches(self, record: Record) -> bool:
        """Tell whether a record is selected."""
        return (
            (self.since is None or record.stored_at >= self.since)
            and (self.until is None or record.stored_at < self.until)
            and (self.key is None or record.key == self.key)
            and (self.ids is None or record.header("ce_id") in {str(event_id) for event_id in self.ids})
        )


class Subscription(Protocol):
    """A group member's share of topics. After an error open a new one: it goes on at the committed positions."""

    async def fetch(self, wait_seconds: float) -> dict[Place, list[Record]]:
        """Return the next records of every partition of this member that is not paused; empty when none came in time."""

    async def commit(self, place: Place, position: int) -> None:
        """Store that the group is done with everything before `position`."""

    def pause(self, place: Place) -> None:
        """Stop fetching from a partition."""

    def resume(self, place: Place) -> None:
        """Fetch from a partition again; a partition of another member is ignored."""

    def rewind(self, place: Place, position: int) -> None:
        """Fetch from `position` next; a partition of another member is ignored."""

    async def lag(self) -> dict[Place, int]:
        """Return how many records of each partition of this member are not fetched yet."""

    async def close(self) -> None:
        """Leave the group."""


class Transport(Protocol):
    """The bus. Every method may raise when the bus is away; callers try again with back-off."""

    async def ensure_topics(self, topics: Iterable[Topic]) -> None:
        """Create what is missing; repeated calls change nothing."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Store messages durably, order kept per key; after an error any of them may or may not be stored."""

    async def subscribe(self, group: str, topics: Sequence[str], limit: int) -> Subscription:
        """Join a group; `limit` bounds the records of one partition in one fetch. A new group starts at the oldest record."""

    def tail(self, topics: Sequence[str], since: datetime, caught_up: asyncio.Event | None = None) -> AsyncIterator[Record]:
        """Read from `since` and follow for ever, outside any group: every caller sees everything.

        `caught_up` is set when all that was stored at the start has been given out.
        """

    def read(self, topic: str, selection: Selection) -> AsyncIterator[Record]:
        """Read what is stored now, per partition in order, and end."""

    async def maintain(self) -> None:
        """Remove what retention and compaction allow to; call it now and then."""

    async def close(self) -> None:
        """Give up all connections."""


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, the same on every transport and in every process."""
    return zlib.crc32(key.encode()) % partitions


def grouped(messages: Sequence[Message], partitions: dict[str, int]) -> dict[Place, list[Message]]:
    """Sort messages into their partitions, order kept."""
    places: dict[Place, list[Message]] = {}
    for message in messages:
        place = (message.topic, partition_of(message.key, partitions[message.topic]))
        places.setdefault(place, []).append(message)
    return places


def names(topics: Collection[Topic]) -> list[str]:
    """Return the names of topics."""
    return [topic.name for topic in topics]


def connect(url: str, kafka: KafkaSettings | None = None) -> Transport:
    """Return the transport of a bus URL, `kafka://host:port[,host:port]` or `postgresql://…`; nothing is connected yet.

    Without `kafka` brokers are spoken to plainly. Raises ValueError for any other scheme, and where certificates cannot be read.
    """
    scheme = urlsplit(url).scheme
    if scheme == "kafka":
        from libs.common.events.transport.kafka import KafkaTransport  # noqa: PLC0415 - loaded only where Kafka is the bus

        return KafkaTransport(url, kafka)
    if scheme == "postgresql":
        from libs.common.events.transport.postgres import PostgresTransport  # noqa: PLC0415 - loaded only where PostgreSQL is the bus

        return PostgresTransport(url)
    raise ValueError(f"a bus URL starts with kafka:// or postgresql://, not {scheme}://")
