"""Takes a file of rows off the wire before the transaction opens, so that a slow sender holds none; refused when it is of another type."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any, Final

from fastapi import Depends, Request

from libs.common.access import authorise
from libs.common.errors import UnsupportedMedia
from libs.common.http.upload import SPOOLED_IN_MEMORY_BYTES, receive
from libs.common.imports import objects, workbook
from libs.common.imports.faults import FileFaultError
from libs.common.imports.sniff import is_workbook

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON: Final = "application/json"
MEDIA: Final[Mapping[str, str]] = {CSV: "csv", "application/csv": "csv", XLSX: "xlsx", "application/octet-stream": ""}
"""What a file may be declared as; the empty kind leaves it to the bytes."""
CONVERTERS: Final = {"xlsx": workbook.to_csv, "json": objects.to_csv}


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file; `lines` counts line ends, which tells the rows of a CSV before it is read. `fault`: it cannot be read as CSV."""

    file: IO[bytes]
    media: str
    size: int
    sha256: str
    lines: int
    fault: FileFaultError | None = None

    def readable(self) -> IO[bytes]:
        """Return the file. Raises FileFaultError."""
        if self.fault is not None:
            raise self.fault
        return self.file


def described(*others: str) -> dict[str, Any]:
    """Describe the body of an import in OpenAPI: CSV, XLSX and `others`, a list of objects."""
    content: dict[str, Any] = {media: {"schema": {"type": "string", "format": "binary"}} for media in (CSV, XLSX)}
    content |= {media: {"schema": {"type": "array", "items": {"type": "object"}}} for media in others}
    text = "The file itself. With Content-Digest (sha-256) a cut or altered upload is refused."
    return {"requestBody": {"required": True, "description": text, "content": content}}


def raw(permission: str, limit: Callable[[], int]) -> Any:
    """Return the dependency that gives callers with the permission their file as it came; `limit` in bytes."""

    async def receive_file(request: Request) -> AsyncIterator[Upload]:
        await authorise(request, permission)
        with SpooledTemporaryFile(max_size=SPOOLED_IN_MEMORY_BYTES) as spool:
            yield await _receive(request, spool, MEDIA, limit())

    return Depends(receive_file)


def as_csv(permission: str, limit: Callable[[], int], rows: Callable[[], int], *, lists: bool = False) -> Any:
    """Return the dependency that gives callers with the permission their file as CSV of at most `rows`; `lists` takes JSON besides."""
    taken = {**MEDIA, JSON: "json"} if lists else MEDIA

    async def receive_table(request: Request) -> AsyncIterator[Upload]:
        await authorise(request, permission)
        with SpooledTemporaryFile(max_size=SPOOLED_IN_MEMORY_BYTES) as spool, TemporaryFile() as table:
            upload = await _receive(request, spool, taken, limit())
            yield upload if upload.media == "csv" else await _convert(upload, table, workbook.Bounds(rows()))

    return Depends(receive_table)


async def _receive(request: Request, spool: IO[bytes], taken: Mapping[str, str], limit: int) -> Upload:
    media = taken.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if media is None:
        names = ", ".join(name for name in taken if taken[name])
        raise UnsupportedMedia(detail_vi=f"Chỉ nhận: {names}.", detail_en=f"Send one of: {names}.")
    received = await receive(request, spool, limit)
    spool.seek(0)
    packed = is_workbook(spool.read(4))
    if media and (media == "xlsx") != packed:
        raise UnsupportedMedia(
            detail_vi="Nội dung tệp không đúng kiểu đã khai báo.", detail_en="The bytes are not of the type that Content-Type says."
        )
    spool.seek(0)
    return Upload(spool, media or ("xlsx" if packed else "csv"), received.size, received.sha256, received.lines)


async def _convert(upload: Upload, table: IO[bytes], bounds: workbook.Bounds) -> Upload:
    try:
        await asyncio.to_thread(CONVERTERS[upload.media], upload.file, table, bounds)
    except FileFaultError as error:
        return replace(upload, fault=error)
    return replace(upload, file=table)
