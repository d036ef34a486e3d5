"""The last statement of every write: audit, change feed, the stored answer of a repeated request, and the outbox, in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.events.outbox import OutboxRows, outbox_rows

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
)
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT * FROM unnest(
    $18::smallint[], $19::text[], $20::text[], $21::uuid[], $22::text[], $23::bigint[], $24::timestamptz[], $25::text[], $26::text[])"""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one aggregate, for audit and feed: `path` is where it is now, None when it is gone; `was` where it had been."""

    resource: str
    key: str
    version: int
    path: str | None
    was: str | None
    details: bytes

    def feed(self) -> list[tuple[str, str, str, int, str]]:
        """Return the feed rows: who could see it before and cannot now is told that it is gone."""
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


async def write(
    connection: Any, entry: Entry, changes: Sequence[Change], events: OutboxRows | None = None, answer: StoredAnswerRow = NO_ANSWER
) -> None:
    """Write everything that a transaction leaves behind; the caller commits next. Without changes the action itself is audited."""
    noted = changes or [Change(entry.action.split(".")[1], "", 0, None, None, b"{}")]
    audit = zip(*((c.resource, c.key, c.version, c.path or c.was or "", c.details.decode()) for c in noted), strict=True)
    feed = list(zip(*(row for change in changes for row in change.feed()), strict=True)) or [()] * 5
    await connection.execute(
        FINISH,
        *(entry.actor, entry.action, entry.request_id),
        *audit,
        *feed,
        *(answer.status, answer.headers, answer.body, answer.key),
        *(events or outbox_rows(())).arguments(),
    )
