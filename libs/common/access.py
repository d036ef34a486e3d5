"""The one way to a database session: by naming a permission.

The same dependency authenticates, authorises, opens the transaction and sets the scope; a route that forgets one of them cannot be written.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from libs.common.auth.principal import Principal, Reach
from libs.common.auth.revocation import DenyList
from libs.common.auth.tokens import TokenVerifier, refused
from libs.common.db.changes import FEED, SEQUENCE, ChangesRequest, feed_cursor
from libs.common.db.engine import Database, PoolConnection
from libs.common.db.read import Document, Listing, ScopedReader
from libs.common.db.work import OPEN, Origin, UnitOfWork
from libs.common.db.write import WriteSession
from libs.common.errors import Forbidden, Unauthenticated
from libs.common.http.conditional import etag, not_modified
from libs.common.http.idempotency import Repetition
from libs.common.http.paging import PageRequest, decode_cursor
from libs.common.http.tracing import CURRENT
from libs.common.http.upload import RECEIVED_SHA256

PRIVATE = "private, no-cache"


@dataclass(slots=True)
class Platform:
    """What a process holds for its requests; `app.state.platform`."""

    database: Database
    verifier: TokenVerifier
    deny_list: DenyList


class ReadSession:
    """What a reading handler gets."""

    def __init__(self, request: Request, principal: Principal, permission: str, reach: Reach) -> None:
        self.principal, self.permission, self.reach = principal, permission, reach
        self._request = request
        self._database: Database = request.app.state.platform.database
        self._reader = ScopedReader(self._database, reach, principal.actor)

    async def one(self, document: Document, **values: Any) -> Response:
        """Answer one document, or 304 when the caller's copy is current; raises NotFound."""
        version, body = await self._reader.document(document, values)
        headers = {"Cache-Control": PRIVATE}
        if version is not None:
            headers["ETag"] = etag(version)
            if not_modified(self._request.headers.get("if-none-match"), headers["ETag"]):
                return Response(status_code=304, headers=headers)
        return Response(body.encode(), headers=headers, media_type="application/json")

    async def text(self, document: Document, **values: Any) -> str:
        """Return one document's JSON text; raises NotFound."""
        return (await self._reader.document(document, values))[1]

    async def page(self, listing: Listing, page: PageRequest, of: Document | None = None, **values: Any) -> Response:
        """Answer one page, with `Link: rel="next"` while there is more. An empty list `of` a thing out of sight raises NotFound."""
        rows = await self._reader.rows(listing, page, values)
        if of is not None and not rows.bodies:
            await self._reader.document(of, values)
        headers = {"Cache-Control": PRIVATE}
        if rows.next:
            headers["Link"] = _next_link(self._request, rows.next)
        return _listed(rows.bodies, rows.next, headers, rows.count)

    async def changes(self, resource: str, request: ChangesRequest) -> Response:
        """Answer the resource's changes after a position; `next` is always given, to come back with later."""
        async with self._database.connection() as connection:
            await connection.execute(SEQUENCE)
        rows = await self._reader.rows(FEED, request.page(), {"resource": resource})
        following = feed_cursor(request.position)
        if rows.bodies:
            last = decode_cursor(rows.next, 3)[2] if rows.next else _position_of(rows.bodies[-1])
            following = feed_cursor(int(last))
        return _listed(rows.bodies, following, {"Cache-Control": "no-store"}, None)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PoolConnection]:
        """Lend a connection in a read-only transaction under the caller's scope, for computations."""
        async with self._database.connection() as connection, connection.transaction(readonly=True):
            await connection.execute(OPEN, list(self.reach.organisation_codes), self.reach.person_id, self.principal.actor)
            yield connection


def reading(permission: str) -> Any:
    """Return the dependency that gives a ReadSession to callers with the permission."""

    async def open_reader(request: Request) -> ReadSession:
        principal, reach = await authorise(request, permission)
        return ReadSession(request, principal, permission, reach)

    return _named(open_reader, permission)


def writing(permission: str, *, bare: bool = False) -> Any:
    """Return the dependency that gives a WriteSession; an upload is received by an earlier dependency.

    `bare` gives a UnitOfWork without objects, for writes that are statements: it spares a busy route a third of its time.
    """

    async def open_writer(request: Request) -> AsyncIterator[UnitOfWork]:
        principal, reach = await authorise(request, permission)
        context = CURRENT.get()
        origin = Origin(
            principal, permission, context.request_id if context else "", context.traceparent if context else None, request.headers
        )
        repetition = await _repetition(request, principal)
        session = (UnitOfWork if bare else WriteSession)(request.app.state.platform.database, reach, origin, repetition)
        try:
            await session.open()
            yield session
            await session.finish()
        finally:
            await session.close()

    return _named(open_writer, permission, scope="function")


async def authorise(request: Request, permission: str) -> tuple[Principal, Reach]:
    """Return the caller and where the permission holds; raises Unauthenticated, or Forbidden naming the permission."""
    principal = await authenticate(request)
    reach = principal.reach(permission)
    if reach is None:
        raise Forbidden(detail_vi=f"Thiếu quyền “{permission}”.", detail_en=f"Missing permission “{permission}”.")
    return principal, reach


async def authenticate(request: Request) -> Principal:
    """Return the caller that the bearer token names; raises Unauthenticated."""
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    if not given:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    scheme, _, token = given[0].decode("latin-1").partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token:
        raise refused("one bearer token is expected")
    platform: Platform = request.app.state.platform
    principal = await platform.verifier.verify(token.strip())
    platform.deny_list.check(principal)
    return principal


async def _repetition(request: Request, principal: Principal) -> Repetition | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    body: bytes = getattr(request.state, RECEIVED_SHA256, b"") or await request.body()
    return Repetition.of(principal.actor, key, request.url.path, str(request.url.query).encode() + b"\0" + body)


def _named(dependency: Any, permission: str, **options: Any) -> Any:
    """Mark the dependency with its permission: OpenAPI, the access matrix and the lints read it."""
    dependency.permission = permission
    return Depends(dependency, **options)


def _next_link(request: Request, cursor: str) -> str:
    """Return the same question with another cursor, relative to the gateway; by hand, since a URL object costs a page a twentieth."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{quote(request.scope["path"])}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'


def _listed(bodies: Any, following: str | None, headers: Mapping[str, str], count: int | None) -> Response:
    """Join JSON texts into a page without parsing them."""
    end = "" if count is None else ',"count":' + str(count)
    text = '{"items":[' + ",".join(bodies) + '],"next":' + ("null" if following is None else '"' + following + '"') + end + "}"
    return Response(text.encode(), headers=dict(headers), media_type="application/json")


def _position_of(body: str) -> str:
    return body.split('"position":', 1)[1].split(",", 1)[0]
