"""Takes the bytes of a file off the wire into a spool: hashed and counted while they arrive, refused when too many or not all there."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import IO, Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from libs.common.errors import BadRequest, Invalid, TooLarge

SPOOLED_IN_MEMORY_BYTES: Final = 2 << 20
"""Bigger files go to disk."""
RECEIVED_SHA256: Final = "received_sha256"
"""Where `request.state` keeps the hash of a body that is gone once received: an Idempotency-Key is bound to it."""
_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class TruncatedUpload(BadRequest):
    """Fewer bytes arrived than were announced, or other ones than the Content-Digest says."""

    slug = "truncated-upload"
    title_vi = "Tệp tải lên không đầy đủ"
    title_en = "The upload is incomplete"


class EmptyUpload(Invalid):
    """There is no file in the body."""

    slug = "empty-upload"
    title_vi = "Không có tệp nào được gửi"
    title_en = "The body is empty"


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived; `lines` counts line ends, which tells the rows of a CSV before it is read."""

    size: int
    sha256: str
    lines: int


async def receive(request: Request, spool: IO[bytes], limit: int) -> Received:
    """Write the body into `spool`; raises TooLarge (at once when that much is announced), EmptyUpload, TruncatedUpload."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            digest.update(piece)
            lines += piece.count(b"\n")
            spool.write(piece)
    except ClientDisconnect as error:
        raise TruncatedUpload from error
    if size == 0:
        raise EmptyUpload
    if announced.isdecimal() and int(announced) != size:
        raise TruncatedUpload(detail_vi=f"Nhận {size} trên {announced} byte.", detail_en=f"Received {size} of {announced} bytes.")
    told = _DIGEST.search(request.headers.get("content-digest", ""))
    if told and base64.b64decode(told[1]) != digest.digest():
        raise TruncatedUpload(detail_vi="Nội dung khác với Content-Digest.", detail_en="The bytes differ from Content-Digest.")
    setattr(request.state, RECEIVED_SHA256, digest.digest())
    return Received(size, digest.hexdigest(), lines)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(detail_vi=f"Tệp lớn hơn {limit} byte.", detail_en=f"The file is over {limit} bytes.")
