"""The one middleware: request id, trace, metrics, body limit. Plain ASGI, so that cheap routes stay cheap."""

import logging
import time
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_trace_id
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import MEDIA_TYPE, Internal, Problem, TooLarge
from libs.common.http.tracing import CURRENT, IDS, Context, continue_trace, start_span

SLOW_SECONDS = 1.0
SERVER_ERROR = 500
UNANSWERED = 0
PROBLEM = MEDIA_TYPE.encode()
MAX_REQUEST_ID = 64
SECONDS = Histogram(
    "lienthong_http_request_seconds", "Time to answer", ["service", "method", "route"], buckets=(0.005, 0.02, 0.1, 0.5, 2, 10)
)
ANSWERS = Counter("lienthong_http_answers_total", "Answers by status", ["service", "method", "route", "status"])
log = logging.getLogger(__name__)


class Envelope:
    """Wraps every HTTP request of a service."""

    def __init__(self, app: ASGIApp, *, service: str, tracing: TracerProvider, share: float, max_body_bytes: int) -> None:
        self.app, self._service, self._share, self._max_body = app, service, share, max_body_bytes
        self._tracer = tracing.get_tracer("lienthong")
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        context = continue_trace(headers.get(b"traceparent"), _request_id(headers.get(b"x-request-id")), self._share)
        token, started = CURRENT.set(context), time.perf_counter()
        status, ours = UNANSWERED, b""

        async def answering(message: Message) -> None:
            nonlocal status, ours
            if message["type"] == "http.response.start":
                status, given = message["status"], list(message.get("headers", ()))
                if status == TooLarge.status and (b"content-type", PROBLEM) not in given:  # the framework says it in plain text
                    ours, given = TooLarge().body(context.request_id), [(b"content-type", PROBLEM), (b"connection", b"close")]
                message["headers"] = [*given, (b"x-request-id", context.request_id.encode())]
            elif ours:
                message = {"type": "http.response.body", "body": ours}
            await send(message)

        try:
            await self._run(scope, receive, answering, context, _length(headers))
        except Exception as error:
            if status is not UNANSWERED:
                raise
            await _answer(error, context, answering)
        finally:
            self._measure(scope, status, time.perf_counter() - started)
            CURRENT.reset(token)

    async def _run(self, scope: Scope, receive: Receive, send: Send, context: Context, length: int) -> None:
        if length > self._max_body:
            raise TooLarge
        if not context.sampled:
            await self.app(scope, receive, send)
            return
        span = start_span(self._tracer, scope["method"], context)
        try:
            await self.app(scope, receive, send)
        finally:
            span.update_name(scope["method"] + " " + _route(scope))
            span.end()

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        shape = (scope["method"], _route(scope), status)
        if shape not in self._children:
            labels = (self._service, *shape[:2])
            self._children[shape] = (SECONDS.labels(*labels), ANSWERS.labels(*labels, str(status)))
        histogram, counter = self._children[shape]
        histogram.observe(seconds)
        counter.inc()
        if status >= SERVER_ERROR or seconds > SLOW_SECONDS:
            log.warning("%s %s answered %s in %.3f s", *shape, seconds)


def _request_id(given: bytes | None) -> str:
    """Keep the gateway's id when it is a plain one, so that logs of all processes meet."""
    if given and len(given) <= MAX_REQUEST_ID and given.replace(b"-", b"").isalnum():
        return given.decode()
    return format_trace_id(IDS.generate_trace_id())


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


def _length(headers: dict[bytes, bytes]) -> int:
    given = headers.get(b"content-length", b"0")
    return int(given) if given.isdigit() else 0


async def _answer(error: Exception, context: Context, send: Send) -> None:
    """Answer what no handler has answered, still with the request's id."""
    problem = error if isinstance(error, Problem) else Internal()
    if problem.status >= SERVER_ERROR:
        log.error("unexpected error", exc_info=error)
    await send(
        {"type": "http.response.start", "status": problem.status, "headers": [(b"content-type", PROBLEM), (b"connection", b"close")]}
    )
    await send({"type": "http.response.body", "body": problem.body(context.request_id)})
