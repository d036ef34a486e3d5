"""Liveness (no dependencies), readiness (can this process do its work now), and metrics."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from libs.common.errors import Unavailable

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> Response:
    """Answer as long as the process can answer at all."""
    return JSONResponse({"status": "live"})


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """Answer 200 when the database can be reached, else 503."""
    try:
        async with request.app.state.platform.database.connection() as connection:
            await connection.fetchval("SELECT 1 FROM alembic_version")
    except Unavailable as problem:
        return JSONResponse({"status": "not ready", "missing": ["database"]}, 503, dict(problem.headers))
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics() -> Response:
    """Answer the process's measurements in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
