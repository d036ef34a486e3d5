"""Declaring a consumer: a handler that applies batches of new events inside one transaction.

A handler sees each event once, in the order of its key. It must raise for an event it cannot apply (any exception but a transient one
counts as the event's fault) and must leave committing to the consumer. After a replay an older event of a key can come after a newer one:
a projection compares `sequence` where that matters. An event of a version older than any that the handler knows is a fault of its own: it
may not be passed over in silence. A newer version is none: it is told beside the one that the handler knows.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

from libs.common.events.envelope import Received, UnreadableError
from libs.common.events.session import WorkerSession
from libs.common.events.topics import Topic

Handler = Callable[[WorkerSession, Sequence[Received]], Awaitable[None]]
BATCH = 500
TRIES = 5


class OutdatedVersionError(UnreadableError):
    """An event is of a version that its consumer no longer knows."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A named reader of topics; the name is its group on the bus and its mark in inbox and dead letters, so it never changes.

    `types`: only these event types are applied, None means all. `batch`: events of one partition in one transaction. `tries`: how often an
    event may fail before it becomes a dead letter.
    """

    name: str
    topics: tuple[Topic, ...]
    handler: Handler = field(repr=False)
    types: frozenset[str] | None = None
    batch: int = BATCH
    tries: int = TRIES

    def wants(self, event: Received) -> bool:
        """Tell whether the handler asked for this type; raises OutdatedVersionError when it asks for newer versions of it only."""
        if self.types is None or event.type in self.types:
            return True
        name, version = _name_and_version(event.type)
        oldest = _oldest(self.types).get(name)
        if oldest is not None and version is not None and version < oldest:
            raise OutdatedVersionError(f"{event.type}: version {version} is no longer known, the oldest is {oldest}")
        return False


@cache
def _oldest(types: frozenset[str]) -> dict[str, int]:
    """Return the oldest version of each type, by its name."""
    found: dict[str, int] = {}
    for name, version in map(_name_and_version, types):
        if version is not None:
            found[name] = min(version, found.get(name, version))
    return found


def _name_and_version(event_type: str) -> tuple[str, int | None]:
    name, _, version = event_type.rpartition(".v")
    return name, int(version) if version.isdecimal() else None


def consumer(
    *, name: str, topics: Collection[Topic], types: Collection[str] | None = None, batch: int = BATCH, tries: int = TRIES
) -> Callable[[Handler], Consumer]:
    """Turn a handler into a Consumer; see there."""

    def declare(handler: Handler) -> Consumer:
        return Consumer(
            name=name,
            topics=tuple(topics),
            handler=handler,
            types=None if types is None else frozenset(types),
            batch=batch,
            tries=tries,
        )

    return declare
