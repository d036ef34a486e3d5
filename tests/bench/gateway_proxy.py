"""The reference: a gateway as one writes it in an afternoon, a FastAPI route that forwards with httpx (no token check, no limits)."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request, Response

HOP_BY_HOP = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client with its connections."""
    async with httpx.AsyncClient(base_url=os.environ["UPSTREAM"]) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def forward(request: Request, path: str) -> Response:
    """Send the request on and the answer back."""
    client: httpx.AsyncClient = request.app.state.client
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    answer = await client.request(request.method, "/" + path, params=request.query_params, headers=headers, content=await request.body())
    kept = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
    return Response(answer.content, answer.status_code, kept)
