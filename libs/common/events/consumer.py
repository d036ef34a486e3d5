"""Declaring a consumer: a handler that applies batches of new events inside one transaction.

A handler sees each event once, in the order of its key. It must raise for an event it cannot apply (any exception but a transient one
counts as the event's fault) and must leave committing to the consumer. After a replay an older event of a key can come after a newer one:
a projection compares `sequence` where that matters.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field

from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import Topic

Handler = Callable[[WorkerSession, Sequence[Received]], Awaitable[None]]
BATCH = 500
TRIES = 5


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
        """Tell whether the handler asked for this type."""
        return self.types is None or event.type in self.types


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
