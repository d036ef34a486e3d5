"""Routes of contents: the library that the province reads, and the workspace where an organisation drafts and reviews.

Guardians and learners may read the library only: the workspace asks for the permission to submit.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.work import UnitOfWork
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.openapi import IF_MATCH
from services.learning.content import queries, service
from services.learning.content.download import send
from services.learning.content.schemas import ContentChange, ContentCreate, ContentReturn, ContentWithdraw, PublishedOut, VersionOut
from services.learning.content.sniff import ACCEPTED
from services.learning.content.upload import PERMISSION, Upload, received
from services.learning.settings import FILE_CEILING_BYTES

LIBRARY = "/learning/v1/contents"
WORK = "/learning/v1/workspace"
library = APIRouter(prefix=LIBRARY, tags=["library"])
router = APIRouter(prefix=WORK, tags=["workspace"])

Reader = Annotated[ReadSession, reading("learning.content.read")]
Worker = Annotated[ReadSession, reading(PERMISSION)]
Author = Annotated[WriteSession, writing(PERMISSION)]
Reviewer = Annotated[WriteSession, writing(service.REVIEW)]
Number = Annotated[int, Path(ge=1, le=100_000)]

MATCHED: dict[str, Any] = {"parameters": [IF_MATCH]}
BINARY = {"schema": {"type": "string", "format": "binary"}}
MEDIA = dict.fromkeys(("application/octet-stream", *sorted(ACCEPTED)), BINARY)
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": MEDIA},
    206: {"description": "One range of the file", "content": MEDIA},
    304: {"description": "The caller has it"},
    416: {"description": "The range lies outside the file"},
}
UPLOAD = MATCHED | {
    "requestBody": {
        "required": True,
        "description": "The file itself. With Content-Digest (sha-256) a cut or altered upload is refused.",
        "content": MEDIA,
    }
}


@library.get("", responses=page_of(PublishedOut))
async def search_contents(db: Reader, page: Annotated[PageRequest, queries.LIBRARY_LIST.request()]) -> Response:
    """Search approved material of the whole province."""
    return await db.page(queries.LIBRARY_LIST, page)


@library.get("/changes", responses=page_of(ChangeOut))
async def list_content_changes(request: Annotated[ChangesRequest, changes_request()], db: Worker) -> Response:
    """Follow what changes in the caller's organisations, in the order in which it became visible."""
    return await db.changes("content", request)


@library.get("/{content_id}", responses=document(PublishedOut))
async def read_content(content_id: UUID, db: Reader) -> Response:
    """Read the approved version of a content."""
    return await db.one(queries.PUBLISHED, content_id=content_id)


@library.get("/{content_id}/file", responses=document(PublishedOut) | FILE, response_class=Response)
async def download_content(content_id: UUID, request: Request, db: Reader) -> Response:
    """Download the file of the approved version, whole or one range of it."""
    async with db.transaction() as connection:
        found = await connection.fetchrow(queries.PUBLISHED_FILE, content_id)
    return await send(request, found)


@router.get("", responses=page_of(VersionOut))
async def list_workspace(db: Worker, page: Annotated[PageRequest, queries.WORKSPACE.request()]) -> Response:
    """List the newest version of each content of the caller's organisations, in any state."""
    return await db.page(queries.WORKSPACE, page)


@router.post("", status_code=201, responses=document(VersionOut, 201))
async def create_content(body: ContentCreate, db: Annotated[UnitOfWork, writing(PERMISSION, bare=True)]) -> Response:
    """Begin a draft."""
    content_id = await service.create(db, body)
    return await db.created(queries.NEWEST, location=WORK, key=content_id, content_id=content_id)


@router.get("/{content_id}", responses=document(VersionOut))
async def read_newest(content_id: UUID, db: Worker) -> Response:
    """Read the newest version of a content."""
    return await db.one(queries.NEWEST, content_id=content_id)


@router.patch("/{content_id}", responses=document(VersionOut))
async def change_content(content_id: UUID, body: ContentChange, db: Author) -> Response:
    """Change one's own draft."""
    await service.change(db, content_id, body)
    return await db.changed(queries.NEWEST, content_id=content_id)


@router.put("/{content_id}/file", responses=document(VersionOut), openapi_extra=UPLOAD, max_body_size=FILE_CEILING_BYTES)
async def upload_file(
    content_id: UUID, upload: Annotated[Upload, Depends(received)], db: Annotated[WriteSession, writing(PERMISSION)]
) -> Response:
    """Give one's own draft its file; the same file again changes nothing."""
    await service.fill(db, content_id, upload)
    return await db.changed(queries.NEWEST, content_id=content_id)


@router.get("/{content_id}/versions", responses=page_of(VersionOut))
async def list_versions(content_id: UUID, db: Worker, page: Annotated[PageRequest, queries.VERSIONS.request()]) -> Response:
    """List all versions of a content."""
    await db.text(queries.NEWEST, content_id=content_id)
    return await db.page(queries.VERSIONS, page, content_id=content_id)


@router.post("/{content_id}/versions", status_code=201, responses=document(VersionOut, 201), openapi_extra=MATCHED)
async def revise_content(content_id: UUID, body: ContentChange, db: Author) -> Response:
    """Begin a new version as a copy of the newest one, its file included, with changes."""
    await service.revise(db, content_id, body)
    return await db.created(queries.NEWEST, location=WORK, key=content_id, content_id=content_id)


@router.get("/{content_id}/versions/{number}", responses=document(VersionOut))
async def read_version(content_id: UUID, number: Number, db: Worker) -> Response:
    """Read one version of a content."""
    return await db.one(queries.VERSION, content_id=content_id, number=number)


@router.get("/{content_id}/versions/{number}/file", responses=document(VersionOut) | FILE, response_class=Response)
async def download_version(content_id: UUID, number: Number, request: Request, db: Worker) -> Response:
    """Download the file of one version, to work on it or to review it."""
    async with db.transaction() as connection:
        found = await connection.fetchrow(queries.VERSION_FILE, content_id, number)
    return await send(request, found)


@router.post("/{content_id}/submit", responses=document(VersionOut), openapi_extra=MATCHED)
async def submit_content(content_id: UUID, db: Author) -> Response:
    """Submit one's own draft for review; from now on it is frozen."""
    await service.submit(db, content_id)
    return await db.changed(queries.NEWEST, content_id=content_id)


@router.post("/{content_id}/approve", responses=document(VersionOut), openapi_extra=MATCHED)
async def approve_content(content_id: UUID, db: Reviewer) -> Response:
    """Approve what somebody else wrote; the whole province reads it from now on."""
    await service.approve(db, content_id)
    return await db.changed(queries.NEWEST, content_id=content_id)


@router.post("/{content_id}/return", responses=document(VersionOut), openapi_extra=MATCHED)
async def return_content(content_id: UUID, body: ContentReturn, db: Reviewer) -> Response:
    """Return a version to its author with reasons."""
    await service.send_back(db, content_id, body.reasons)
    return await db.changed(queries.NEWEST, content_id=content_id)


@router.post("/{content_id}/withdraw", responses=document(VersionOut), openapi_extra=MATCHED)
async def withdraw_content(content_id: UUID, body: ContentWithdraw, db: Author) -> Response:
    """Take a content away: what is published and what is open; its author may, and who reviews."""
    await service.withdraw(db, content_id, body.reason)
    return await db.changed(queries.NEWEST, content_id=content_id)
