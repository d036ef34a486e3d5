"""The gateway's pages: `python -m gateway.main` serves the merged OpenAPI document, the documentation and the health of all services.

Settings: LIENTHONG_GATEWAY_SETTINGS (the JSON document that the Envoy configuration is rendered from), LIENTHONG_HOST, LIENTHONG_PORT.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import contracts
from gateway.health import HealthWatch
from gateway.openapi import merge
from gateway.pages import reference
from gateway.pages.layout import CONTENT_POLICY, STYLE
from gateway.pages.start import start_page
from gateway.replies import known_problems
from gateway.settings import GatewaySettings, load
from libs.common.errors import MEDIA_TYPE, MethodNotAllowed, NotFound, Problem

MAX_QUERY = 100
CACHE = "public, max-age=60"


class PagesSettings(BaseSettings):
    """Where this process listens and where the gateway's settings are."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True)

    gateway_settings: Path
    host: str = "127.0.0.1"
    port: int = 8081


def document_of(settings: GatewaySettings) -> dict[str, Any]:
    """Return the merged document of the services' contracts, with the problems that the gateway itself answers."""
    merged = merge(contracts.read(settings.contracts, list(settings.services)), server=settings.public_url)
    known = {problem["type"]: problem for problem in (*known_problems(), *merged["x-problems"])}
    return {**merged, "x-problems": [known[kind] for kind in sorted(known)]}


def answer(request: Request, content: bytes, media_type: str) -> Response:
    """Return content that changes with a release only: with an ETag, 304 when the reader has it."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": CACHE, "content-security-policy": CONTENT_POLICY}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def html(request: Request, content: bytes | None) -> Response:
    """Return a page. Raises NotFound when there is none."""
    if content is None:
        raise NotFound
    return answer(request, content, "text/html; charset=utf-8")


async def problem(request: Request, error: Exception) -> Response:
    """Return a problem document."""
    known = error if isinstance(error, Problem) else Problem()
    return Response(known.body(request.headers.get("x-request-id")), known.status, dict(known.headers), MEDIA_TYPE)


async def not_found(request: Request, _error: Exception) -> Response:
    """Return the problem of an unknown path."""
    return await problem(request, NotFound())


async def not_allowed(request: Request, _error: Exception) -> Response:
    """Return the problem of a wrong method."""
    return await problem(request, MethodNotAllowed())


class Pages:
    """The handlers, over one document."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self.document = document_of(settings)
        self.problems: list[contracts.Document] = self.document["x-problems"]
        self.openapi_bytes = orjson.dumps(self.document)
        self.style_bytes = files("gateway.pages").joinpath("style.css").read_bytes()

    async def start(self, request: Request) -> Response:
        """Answer the start page."""
        return html(request, start_page(self.settings))

    async def openapi(self, request: Request) -> Response:
        """Answer the merged OpenAPI document."""
        return answer(request, self.openapi_bytes, "application/json")

    async def style(self, request: Request) -> Response:
        """Answer the stylesheet."""
        return answer(request, self.style_bytes, "text/css; charset=utf-8")

    async def docs(self, request: Request) -> Response:
        """Answer all operations, or what a search found."""
        query = request.query_params.get("q", "").strip()[:MAX_QUERY]
        found = reference.search_page(self.document, self.problems, query) if query else reference.overview(self.document)
        return html(request, found)

    async def tag(self, request: Request) -> Response:
        """Answer one feature or one service."""
        return html(request, reference.tag_page(self.document, request.path_params["tag"]))

    async def schemas(self, request: Request) -> Response:
        """Answer all schemas."""
        return html(request, reference.schema_index(self.document))

    async def schema(self, request: Request) -> Response:
        """Answer one schema."""
        return html(request, reference.schema_page(self.document, request.path_params["name"]))

    async def problem_list(self, request: Request) -> Response:
        """Answer all problems."""
        return html(request, reference.problem_page(self.problems))


async def health(request: Request) -> Response:
    """Answer the health of all services: 503 as long as one has no host that is ready."""
    watch: HealthWatch = request.app.state.health
    found = await watch.current()
    headers = {"cache-control": "no-store"} | ({} if found.ready else {"retry-after": "2"})
    return Response(found.model_dump_json(), 200 if found.ready else 503, headers, "application/json")


async def live(_request: Request) -> Response:
    """Answer as long as this process can answer at all; it has no dependencies, so it is ready with it."""
    return Response(b'{"status":"live"}', media_type="application/json")


def lifespan(settings: GatewaySettings) -> Callable[[Starlette], Any]:
    """Return the application's life: one HTTP client to the services."""

    @asynccontextmanager
    async def alive(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient() as client:
            app.state.health = HealthWatch(client, settings)
            yield

    return alive


def application(settings: GatewaySettings) -> Starlette:
    """Return the application. Raises FileNotFoundError when a service has no contract."""
    pages = Pages(settings)
    return Starlette(
        routes=[
            Route("/", pages.start),
            Route("/openapi.json", pages.openapi),
            Route(STYLE, pages.style),
            Route("/docs", pages.docs),
            Route("/docs/schemas", pages.schemas),
            Route("/docs/schemas/{name}", pages.schema),
            Route("/docs/problems", pages.problem_list),
            Route("/docs/{tag:path}", pages.tag),
            Route("/health", health),
            Route("/health/live", live),
            Route("/health/ready", live),
        ],
        exception_handlers={404: not_found, 405: not_allowed, Problem: problem},
        lifespan=lifespan(settings),
    )


def main() -> None:
    """Run the process."""
    own = PagesSettings.model_validate({})
    app = application(load(own.gateway_settings))
    uvicorn.run(app, host=own.host, port=own.port, server_header=False, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
