"""Takes a file off the wire: into a spool while it is hashed and counted, refused when it is too big, cut short or of another type."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from libs.common.access import authorise
from libs.common.errors import BadRequest, Invalid, TooLarge, UnsupportedMedia
from services.registry.imports.settings import ImportSettings
from services.registry.imports.sniff import is_workbook

PERMISSION: Final = "registry.import.run"
SPOOLED_IN_MEMORY_BYTES: Final = 2 << 20
MEDIA: Final = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/octet-stream": "",
}
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
class Upload:
    """A received file; `lines` counts line ends, which tells the rows of a CSV before it is read."""

    spool: SpooledTemporaryFile[bytes]
    media: str
    size: int
    sha256: str
    lines: int


async def received(request: Request) -> AsyncIterator[Upload]:
    """Receive the body for callers who may import; runs before the transaction opens, so that a slow sender holds none."""
    await authorise(request, PERMISSION)
    media = MEDIA.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if media is None:
        raise UnsupportedMedia(
            detail_vi="Chỉ nhận text/csv hoặc XLSX.", detail_en="Send text/csv or XLSX: " + ", ".join(name for name in MEDIA if name)
        )
    limit = ImportSettings().max_bytes
    with SpooledTemporaryFile(max_size=SPOOLED_IN_MEMORY_BYTES) as spool:
        yield await _receive(request, spool, media, limit)


async def _receive(request: Request, spool: SpooledTemporaryFile[bytes], media: str, limit: int) -> Upload:
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise TooLarge(detail_vi=f"Tệp lớn hơn {limit >> 20} MB.", detail_en=f"The file is over {limit >> 20} MB.")
            digest.update(piece)
            lines += piece.count(b"\n")
            spool.write(piece)
    except ClientDisconnect as error:
        raise TruncatedUpload from error
    _check_whole(request, size, digest.digest())
    spool.seek(0)
    workbook = is_workbook(spool.read(4))
    if media and (media == "xlsx") != workbook:
        raise UnsupportedMedia(
            detail_vi="Nội dung tệp không đúng kiểu đã khai báo.", detail_en="The bytes are not of the type that Content-Type says."
        )
    spool.seek(0)
    return Upload(spool, "xlsx" if workbook else "csv", size, digest.hexdigest(), lines)


def _check_whole(request: Request, size: int, sha256: bytes) -> None:
    if size == 0:
        raise EmptyUpload
    announced = request.headers.get("content-length")
    if announced is not None and announced != str(size):
        raise TruncatedUpload(detail_vi=f"Nhận {size} trên {announced} byte.", detail_en=f"Received {size} of {announced} bytes.")
    told = _DIGEST.search(request.headers.get("content-digest", ""))
    if told and base64.b64decode(told[1]) != sha256:
        raise TruncatedUpload(detail_vi="Nội dung khác với Content-Digest.", detail_en="The bytes differ from Content-Digest.")
