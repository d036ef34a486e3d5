"""What a worker tells over HTTP: liveness, readiness and measurements, for probes and Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from libs.common.events.worker import worker_health
from libs.common.settings import Settings


async def serve(settings: Settings) -> None:
    """Answer until cancelled; without a port there is nothing to do."""
    if settings.worker_port is None:
        return
    app = Starlette(routes=[Route("/health/live", _live), Route("/health/ready", _ready), Route("/metrics", _metrics)])
    await _Server(uvicorn.Config(app, host=settings.host, port=settings.worker_port, log_config=None, access_log=False)).serve()


class _Server(uvicorn.Server):
    """Leaves signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _ready(_: Request) -> Response:
    health = worker_health()
    return JSONResponse(health, 200 if health["ready"] else 503)


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
