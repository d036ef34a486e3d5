"""The application factory: every service's API is made here, with the same errors, middleware, health and documents."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from libs.common import health, openapi
from libs.common.access import Platform
from libs.common.auth.revocation import DenyList
from libs.common.auth.tokens import KeySet, TokenVerifier
from libs.common.db.engine import Database, is_gone
from libs.common.errors import (
    MEDIA_TYPE,
    BadRequest,
    Conflict,
    Forbidden,
    Internal,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)
from libs.common.events.connections import GONE
from libs.common.http.idempotency import StoredAnswer
from libs.common.http.middleware import Envelope
from libs.common.http.tracing import CURRENT, provider
from libs.common.settings import Settings
from libs.common.validation import field_errors

BY_STATUS: dict[int, type[Problem]] = {400: BadRequest, 404: NotFound, 405: MethodNotAllowed, 413: TooLarge, 415: UnsupportedMedia}
# What the database refused, when no feature has named the constraint.
BY_SQLSTATE: dict[str, type[Problem]] = {
    "23505": Conflict,
    "23P01": Conflict,
    "23503": Conflict,
    "23514": Invalid,
    "22001": Invalid,
    "40001": Conflict,
    "40P01": Conflict,
    "55P03": Conflict,
    "42501": Forbidden,
    "22021": Invalid,  # a NUL in a text
    "22P05": Invalid,  # a NUL in JSON
    "57014": Unavailable,
}
DEFAULT_MAX_BODY_BYTES = 1 << 20
PLAIN: dict[str, Any] = {
    "docs_url": None,  # documents and their pages are the gateway's
    "redoc_url": None,
    "openapi_url": None,
    "redirect_slashes": False,
    "telemetry": {"tracing": False, "metrics": False, "logs": False},  # ours is thinner (http/middleware.py)
}
Background = Callable[[FastAPI], AbstractAsyncContextManager[None]]
log = logging.getLogger(__name__)


def create_app(
    *,
    name: str,
    title: str,
    routers: Sequence[APIRouter],
    settings: Settings,
    background: Sequence[Background] = (),
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
) -> FastAPI:
    """Return the service's ASGI application; `background` are things that live as long as it does."""
    tracing = provider(name, settings.otlp_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(app.state.platform.database.close)
            await stack.enter_async_context(http)
            for start in background:
                await stack.enter_async_context(start(app))
            yield
        tracing.shutdown()

    http = httpx.AsyncClient()
    app = FastAPI(title=title, version="1.0.0", lifespan=lifespan, **PLAIN)
    app.state.settings = settings
    app.state.platform = Platform(
        Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size),
        TokenVerifier(issuer=settings.issuer, audience=settings.audience, keys=KeySet(settings.jwks_url, http)),
        DenyList(),
    )
    for router in (*routers, health.router):
        app.include_router(router, max_body_size=DEFAULT_MAX_BODY_BYTES)  # a route that takes files names its own limit
    app.add_middleware(Envelope, service=name, tracing=tracing, share=settings.trace_share, max_body_bytes=max_body_bytes)
    _handle_errors(app)
    app.openapi = lambda: openapi.build(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend its document
    return app


def _handle_errors(app: FastAPI) -> None:
    handlers: list[tuple[type[Exception], Any]] = [
        (Problem, _problem),
        (StoredAnswer, _stored),
        (RequestValidationError, _invalid),
        (HTTPException, _http),
        (DBAPIError, _sqlalchemy),
        (asyncpg.PostgresError, _postgres),
        *((kind, _gone) for kind in GONE if not issubclass(kind, asyncpg.PostgresError)),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


def answer(problem: Problem) -> Response:
    """Return the problem as an HTTP answer."""
    context = CURRENT.get()
    return Response(problem.body(context.request_id if context else None), problem.status, problem.headers, MEDIA_TYPE)


async def _problem(_: Request, problem: Problem) -> Response:
    return answer(problem)


async def _stored(_: Request, stored: StoredAnswer) -> Response:
    return stored.response


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    body = getattr(getattr(request.scope.get("route"), "body_field", None), "field_info", None)
    return answer(Invalid(errors=field_errors(error.errors(), getattr(body, "annotation", None), _query_names(request))))


def _query_names(request: Request) -> list[str]:
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    names = [name for model in openapi.queries(route.dependant) for name in model.model_fields]
    for dependant in (route.dependant, *openapi.every_dependency(route.dependant)):
        for parameter in dependant.query_params:
            names.extend(getattr(parameter.field_info.annotation, "model_fields", None) or [parameter.alias])
    return names


async def _http(request: Request, error: HTTPException) -> Response:
    kind = BY_STATUS.get(error.status_code, BadRequest if error.status_code < Internal.status else Internal)
    headers = {"Allow": _allowed(request)} if kind is MethodNotAllowed else dict(error.headers or {})
    return answer(kind(headers=headers))


def _allowed(request: Request) -> str:
    """Return all methods of the path: a path has a route for each, and the framework names those of the first one."""
    here = [route for route in openapi.every_route(request.app.routes) if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in here for method in route.methods or ()}))


async def _sqlalchemy(_: Request, error: DBAPIError) -> Response:
    if is_gone(error):
        return answer(Unavailable())
    return _by_state(error, getattr(error.orig, "sqlstate", None))


async def _gone(_: Request, error: Exception) -> Response:
    log.warning("an engine is away: %r", error)
    return answer(Unavailable())


async def _postgres(_: Request, error: asyncpg.PostgresError) -> Response:
    if isinstance(error, GONE):
        return answer(Unavailable())
    return _by_state(error, error.sqlstate)


def _by_state(error: Exception, state: str | None) -> Response:
    kind = BY_SQLSTATE.get(state or "")
    if kind is None:
        log.error("unexpected database error", exc_info=error)
        return answer(Internal())
    return answer(kind())
