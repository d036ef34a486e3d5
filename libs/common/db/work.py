"""The unit of work: one transaction for one request, rules first, then rows, then audit, change feed and outbox in the last statement.

Nobody else commits. The commit happens before the answer is sent, so that what a caller was told is true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

from libs.common.auth.principal import Principal, Reach
from libs.common.db import ledger
from libs.common.db.columns import Table
from libs.common.db.engine import Database
from libs.common.db.ledger import Change, Entry, Leaves, StoredAnswerRow
from libs.common.db.read import Document
from libs.common.errors import NotFound
from libs.common.events.catalogue import Event
from libs.common.events.outbox import outbox_rows
from libs.common.http.conditional import etag
from libs.common.http.idempotency import Repetition

OPEN = "SELECT open_scope($1, $2, $3)"
# The headers of an answer that its repetition carries too.
KEPT = frozenset({"etag", "location", "content-type", "cache-control"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a write comes from."""

    principal: Principal
    permission: str
    request_id: str
    traceparent: str | None
    headers: Mapping[str, str]


class UnitOfWork:
    """Writes by SQL on a bare connection: for set-based work and the busiest routes. WriteSession adds objects to it."""

    def __init__(self, database: Database, reach: Reach, origin: Origin, repetition: Repetition | None = None) -> None:
        self.origin = origin
        self._database, self._reach, self._repetition = database, reach, repetition
        self._raw: Any = None
        self._events: list[Event] = []
        self._changes: list[Change] = []
        self._paths: dict[tuple[str, str], str] = {}
        self._answer: Response | None = None
        self._written = False

    @property
    def principal(self) -> Principal:
        """Return the caller."""
        return self.origin.principal

    @property
    def connection(self) -> Any:
        """Return the bare connection of the transaction, for set-based statements."""
        return self._raw

    async def open(self) -> None:
        """Begin, set the caller's scope, and take the Idempotency-Key if there is one."""
        await self._begin((list(self._reach.organisation_codes), self._reach.person_id, self.principal.actor))
        if self._repetition is not None:
            await self._repetition.claim(self._raw)

    async def flush(self) -> None:
        """Write what is still held back; here nothing is."""

    def record(self, event: Event, row: Table | None = None, *, deleted: bool = False) -> None:
        """Note an event, and the aggregate's row it is about: audit, feed and outbox are written at the end, and nothing after them."""
        if self._written:
            raise RuntimeError("recorded after the answer was built")
        self._events.append(event)
        if row is not None:
            path = str(getattr(row, "organisation_path", "") or "")
            was = self._paths.get((type(row).__name__, event.key))
            details = event.model_dump_json().encode()
            self._changes.append(Change(str(row.__tablename__), event.key, event.sequence, None if deleted else path, was, details))

    def disclose(self, resource: str, key: str, version: int, path: str) -> None:
        """Note that the caller is told of a row beyond their scope: audited where it stands, silent in the feed. Call before the answer."""
        self._changes.append(Change(resource, key, version, path, None, b"{}", silent=True))

    async def read(self, document: Document, **values: Any) -> tuple[str | None, str]:
        """Return version and JSON text of a document as this transaction sees it."""
        await self.flush()
        statement = document.inside
        found = await self._raw.fetchval(statement.sql, *statement.arguments(values))
        if found is None:
            raise NotFound
        return found[0], found[1]

    async def created(self, document: Document, *, location: str, key: object, **values: Any) -> Response:
        """Answer 201 with the new document, its ETag and its address `location`/`key`."""
        return await self._document(document, 201, {"Location": location + "/" + str(key)}, values)

    async def changed(self, document: Document, **values: Any) -> Response:
        """Answer 200 with the changed document and its new ETag."""
        return await self._document(document, 200, {}, values)

    async def _document(self, document: Document, status: int, headers: dict[str, str], values: dict[str, Any]) -> Response:
        version, body = await self._read_last(document, values)
        if version is not None:
            headers["ETag"] = etag(version)
        return self.answer(Response(body.encode(), status, headers, "application/json"))

    async def _read_last(self, document: Document, values: dict[str, Any]) -> tuple[str | None, str]:
        """Read what is to be answered; where no answer has to be kept, the last statement itself returns it."""
        if self._repetition is not None:
            return await self.read(document, **values)
        await self.flush()
        found = await ledger.write_reading(self._raw, self._leaves(), document, values)
        if found is None:
            raise NotFound
        self._written = True
        return found[0], found[1]

    def answer(self, response: Response) -> Response:
        """Keep any other answer for a repetition of the same request, and return it."""
        self._answer = response
        return response

    async def finish(self) -> None:
        """Flush, write audit, feed, outbox and the stored answer in one statement, commit, wake the relay."""
        await self.flush()
        if not self._written:
            await ledger.write(self._raw, self._leaves())
        await self._commit()
        if self._events:
            self._database.committed()

    def _leaves(self) -> Leaves:
        entry = Entry(self.principal.actor, self.origin.permission, self.origin.request_id)
        return Leaves(entry, self._changes, outbox_rows(self._events, self.origin.traceparent), self._stored_answer())

    def _stored_answer(self) -> StoredAnswerRow:
        if self._repetition is None:
            return ledger.NO_ANSWER
        answer = self._answer or Response(status_code=204)
        kept = {name: value for name, value in answer.headers.items() if name in KEPT}
        return StoredAnswerRow(answer.status_code, orjson.dumps(kept).decode(), bytes(answer.body), self._repetition.key)

    async def _begin(self, scope: tuple[Any, ...]) -> None:
        self._raw = await self._database.acquire()
        await self._raw.execute("BEGIN")
        await self._raw.execute(OPEN, *scope)

    async def _commit(self) -> None:
        await self._raw.execute("COMMIT")

    async def close(self) -> None:
        """Roll back whatever was not committed and give the connection back."""
        if self._raw is not None:
            try:
                if self._raw.is_in_transaction():
                    await self._raw.execute("ROLLBACK")
            finally:
                await self._database.release(self._raw)
