"""Takes a file into the store: refused when it is not the caller's to give, too big, cut short, or of a type nobody should open."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from libs.common.access import ReadSession, reading
from libs.common.errors import NotFound, UnsupportedMedia
from libs.common.http.conditional import require_match
from libs.common.http.upload import SPOOLED_IN_MEMORY_BYTES, receive
from libs.common.text import nfc
from libs.common.validation import FieldRuleError
from services.learning.content import queries
from services.learning.content.problems import NotTheAuthor, VersionFrozen
from services.learning.content.sniff import ACCEPTED, media_of

PERMISSION: Final = "learning.content.submit"
UNDECLARED: Final = frozenset({"", "application/octet-stream"})


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
        file = await receive(request, spool, limit)
        media = await run_in_threadpool(media_of, spool)
        if media is None or not _declared(request, media):
            raise UnsupportedMedia(
                detail_vi="Loại tệp không được nhận, hoặc khác với loại đã khai báo.",
                detail_en="The bytes are of no accepted type, or not of the declared one. Accepted: " + ", ".join(sorted(ACCEPTED)),
            )
        await request.app.state.storage.put(file.sha256, spool, file.size)
        yield Upload(name, media, file.size, file.sha256)


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
