"""Takes a file off the wire: hashed and counted while it arrives, refused when too big, cut short, or of a type nobody should open."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from libs.common.errors import NotFound, TooLarge, UnsupportedMedia
from libs.common.http.access import ReadSession, reading
from libs.common.http.conditional import require_match
from libs.common.text import nfc
from libs.common.validation import FieldRuleError
from services.learning.content import queries
from services.learning.content.problems import EmptyUpload, NotTheAuthor, TruncatedUpload, VersionFrozen
from services.learning.content.sniff import ACCEPTED, media_of

PERMISSION: Final = "learning.content.submit"
SPOOLED_IN_MEMORY_BYTES: Final = 2 << 20
UNDECLARED: Final = frozenset({"", "application/octet-stream"})
_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file and what it is, by its bytes."""

    name: str
    media: str
    size: int
    sha256: str


def _name(text: str) -> str:
    name = nfc(text)
    if not name.isprintable() or any(mark in name for mark in '/\\:*?"<>|') or name.strip(". ") != name:
        raise FieldRuleError("file_name", "Tên tệp có ký tự không được phép.", "The file name has characters that are not allowed.")
    return name


FileName = Annotated[
    str,
    Query(min_length=1, max_length=200, description="shown when the file is downloaded, never used as a path"),
    AfterValidator(_name),
]


async def received(
    request: Request, content_id: UUID, name: FileName, db: Annotated[ReadSession, reading(PERMISSION)]
) -> AsyncIterator[Upload]:
    """Receive the file of the caller's own draft and put it into the store.

    Everything that can refuse the request is asked before a byte is read, and no transaction is open while a slow sender sends; the
    transaction that follows asks again.
    """
    await _check(request, db, content_id)
    limit: int = request.app.state.settings.learning_max_file_bytes
    with SpooledTemporaryFile(max_size=SPOOLED_IN_MEMORY_BYTES) as spool:
        size, sha256 = await _receive(request, spool, limit)
        media = await run_in_threadpool(media_of, spool)
        if media is None or not _declared(request, media):
            raise UnsupportedMedia(
                detail_vi="Loại tệp không được nhận, hoặc khác với loại đã khai báo.",
                detail_en="The bytes are of no accepted type, or not of the declared one. Accepted: " + ", ".join(sorted(ACCEPTED)),
            )
        await request.app.state.storage.put(sha256, spool, size)
        yield Upload(name, media, size, sha256)


async def _check(request: Request, db: ReadSession, content_id: UUID) -> None:
    async with db.transaction() as connection:
        found = await connection.fetchrow(queries.FILLABLE, content_id)
    if found is None:
        raise NotFound
    require_match(request.headers, found["version"])
    if not found["mine"]:
        raise NotTheAuthor
    if not found["draft"]:
        raise VersionFrozen


def _declared(request: Request, media: str) -> bool:
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return told in UNDECLARED or told == media or (media == "text/plain" and told == "text/csv")


async def _receive(request: Request, spool: IO[bytes], limit: int) -> tuple[int, str]:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    digest, size = hashlib.sha256(), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            digest.update(piece)
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
    return size, digest.hexdigest()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(detail_vi=f"Tệp lớn hơn {limit} byte.", detail_en=f"The file is over {limit} bytes.")
