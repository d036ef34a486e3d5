"""The last statement of every write: audit, change feed, the stored answer of a repeated request, and the outbox, in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.db.read import Document, Statement
from libs.common.events.outbox import OutboxRows

FINISH = """
WITH audited AS (
    INSERT INTO audit (actor, action, request_id, resource, key, version, organisation_path, details)
    SELECT $1, $2, $3, a.resource, a.key, a.version, text2ltree(a.path), a.details::jsonb
    FROM unnest($4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[]) AS a(resource, key, version, path, details)
), changed AS (
    INSERT INTO change (resource, key, kind, version, organisation_path)
    SELECT c.resource, c.key, c.kind, c.version, text2ltree(c.path)
    FROM unnest($9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[]) AS c(resource, key, kind, version, path)
), answered AS (
    UPDATE idempotency SET status = $14, headers = $15::text::jsonb, body = $16 WHERE actor = $1 AND key = $17
), sent AS (
    INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
    SELECT * FROM unnest(
    $18::smallint[], $19::text[], $20::text[], $21::uuid[], $22::text[], $23::bigint[], $24::timestamptz[], $25::text[], $26::text[])
)"""
NOTHING = FINISH + " SELECT"
PARAMETERS = 26


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one aggregate, for audit and feed: `path` is where it is now, None when it is gone; `was` where it had been."""

    resource: str
    key: str
    version: int
    path: str | None
    was: str | None
    details: bytes
    silent: bool = False
    """Nothing changed: for the audit only."""

    def feed(self) -> list[tuple[str, str, str, int, str]]:
        """Return the feed rows: who could see it before and cannot now is told that it is gone."""
        if self.silent:
            return []
        rows = []
        if self.was is not None and self.was != self.path:
            rows.append((self.resource, self.key, "deleted", self.version, self.was))
        if self.path is not None:
            rows.append((self.resource, self.key, "changed", self.version, self.path))
        return rows


@dataclass(frozen=True, slots=True)
class StoredAnswerRow:
    """The answer that a repetition of the same request gets; all None where no key was given."""

    status: int | None = None
    headers: str | None = None
    body: bytes | None = None
    key: str | None = None


NO_ANSWER = StoredAnswerRow()


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, in which request (or after which event)."""

    actor: str
    action: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Leaves:
    """Everything that a transaction leaves behind."""

    entry: Entry
    changes: Sequence[Change]
    events: OutboxRows
    answer: StoredAnswerRow = NO_ANSWER

    def arguments(self) -> list[Any]:
        """Return FINISH's parameters. Without changes the action itself is audited."""
        noted = self.changes or [Change(self.entry.action.split(".")[1], "", 0, None, None, b"{}")]
        audit = zip(*((c.resource, c.key, c.version, c.path or c.was or "", c.details.decode()) for c in noted), strict=True)
        feed = list(zip(*(row for change in self.changes for row in change.feed()), strict=True)) or [()] * 5
        answer = (self.answer.status, self.answer.headers, self.answer.body, self.answer.key)
        return [self.entry.actor, self.entry.action, self.entry.request_id, *audit, *feed, *answer, *self.events.arguments()]


async def write(connection: Any, leaves: Leaves) -> None:
    """Write it; the caller commits next."""
    await connection.execute(NOTHING, *leaves.arguments())


async def write_reading(connection: Any, leaves: Leaves, document: Document, values: Mapping[str, Any]) -> Any:
    """Write it and return the document's version and JSON text, or None, in the same round trip."""
    statement = _READING.get(id(document))
    if statement is None:
        statement = _READING[id(document)] = Statement.of(FINISH, *document.select, "LIMIT 1", offset=PARAMETERS)
    return await connection.fetchval(statement.sql, *leaves.arguments(), *statement.arguments(values))


_READING: dict[int, Statement] = {}
"""Documents are module constants, so their identity is a key for ever."""
