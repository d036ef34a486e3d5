"""Takes a file off the wire: into a spool while it is hashed and counted, refused when it is too big, cut short or of another type."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Final

from fastapi import Request

from libs.common.access import authorise
from libs.common.errors import UnsupportedMedia
from libs.common.http.upload import SPOOLED_IN_MEMORY_BYTES, receive
from services.registry.imports.settings import ImportSettings
from services.registry.imports.sniff import is_workbook

PERMISSION: Final = "registry.import.run"
MEDIA: Final = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/octet-stream": "",
}


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
    file = await receive(request, spool, limit)
    spool.seek(0)
    workbook = is_workbook(spool.read(4))
    if media and (media == "xlsx") != workbook:
        raise UnsupportedMedia(
            detail_vi="Nội dung tệp không đúng kiểu đã khai báo.", detail_en="The bytes are not of the type that Content-Type says."
        )
    spool.seek(0)
    return Upload(spool, "xlsx" if workbook else "csv", file.size, file.sha256, file.lines)
