"""The change feed of a resource: every change and deletion in the order in which it became visible, never skipping one in flight."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import Depends, Query
from pydantic import BaseModel

from libs.common.db.read import Listing
from libs.common.http.paging import DEFAULT_LIMIT, MAX_LIMIT, PageRequest, decode_cursor, encode_cursor

SEQUENCE = "SELECT sequence_changes()"


class ChangeOut(BaseModel):
    """One change: `version` is the version it made; `deleted` also tells a caller that a row has left their scope."""

    position: int
    key: str
    kind: Literal["changed", "deleted"]
    version: int
    at: datetime


FEED = Listing(
    ChangeOut,
    source="change c",
    key="c.position",
    key_type="bigint",
    where="c.resource = :resource AND c.position IS NOT NULL",
    columns={"position": "c.position", "key": "c.key", "kind": "c.kind", "version": "c.version", "at": "c.at"},
)


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """Where to go on (the `next` of the last answer; none means from the beginning), and how many at most."""

    position: int
    limit: int

    def page(self) -> PageRequest:
        """Return the feed's page after the position."""
        return PageRequest(limit=self.limit, sort="key", filters={}, after=("", str(self.position)))


def feed_cursor(position: int) -> str:
    """Return the cursor that continues after a position; it never expires."""
    return encode_cursor(["feed", str(position)])


def changes_request() -> Any:
    """Return the dependency that reads a feed request from the query."""
    return Depends(_read)


async def _read(
    cursor: str | None = Query(default=None, max_length=200), limit: int = Query(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
) -> ChangesRequest:
    position = decode_cursor(cursor, 2)[1] if cursor else "0"
    return ChangesRequest(int(position) if position.isascii() and position.isdecimal() else 0, limit)
