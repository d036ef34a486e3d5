"""Sends a file: whole or one range of it, not at all when the caller has it, and never as something a browser would run."""

import re
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from libs.common.access import PRIVATE
from libs.common.errors import NotFound
from libs.common.http.conditional import etag, not_modified
from services.learning.content.problems import RangeNotSatisfiable

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """Return first and exclusive last byte of a single range; None (the whole file) for none, several or malformed ones (RFC 9110 14.2).

    Raises RangeNotSatisfiable.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, end


async def send(request: Request, found: Any) -> Response:
    """Answer the file of a row (sha256, name, media, bytes); raises NotFound, RangeNotSatisfiable or StorageUnavailable."""
    if found is None:
        raise NotFound
    sha256, name, media, size = found
    headers = {
        "ETag": etag(sha256),
        "Cache-Control": PRIVATE,
        "Accept-Ranges": "bytes",
        "Content-Disposition": "attachment; filename*=UTF-8''" + quote(name, safe=""),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if not_modified(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    condition = request.headers.get("if-range")
    part = wanted(request.headers.get("range"), size) if condition in {None, headers["ETag"]} else None
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    pieces = request.app.state.storage.read(sha256, start, end, size)
    # A store that is down, or a small file that is not what it was, is told by a status; later only breaking off is left.
    first = await anext(pieces)
    return StreamingResponse(_joined(first, pieces), 206 if part else 200, headers, media)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
