"""Routes of bulk import."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.imports import report, upload
from libs.common.imports.report import FAULTS, FaultOut
from services.registry.imports import queries, service
from services.registry.imports.columns import ImportKind
from services.registry.imports.schemas import ImportOut
from services.registry.imports.settings import ImportSettings

PREFIX = "/registry/v1/imports"
READ = "registry.import.read"
PERMISSION = "registry.import.run"
router = APIRouter(prefix=PREFIX, tags=["imports"])


@router.post(
    "",
    status_code=202,
    responses=document(ImportOut) | document(ImportOut, 202),
    openapi_extra=upload.described(),
    max_body_size=ImportSettings().max_bytes,
)
async def start_import(
    kind: Annotated[ImportKind, Query(description="what the file holds")],
    file: Annotated[upload.Upload, upload.raw(PERMISSION, lambda: ImportSettings().max_bytes)],
    db: Annotated[WriteSession, writing(PERMISSION)],
    *,
    dry_run: Annotated[bool, Query(description="check only")] = False,
) -> Response:
    """Receive a CSV or XLSX file (202); the same file sent again by the same account is the same import (200)."""
    import_id, new = await service.start(db, file, kind, dry_run=dry_run)
    _, body = await db.read(queries.IMPORT, import_id=import_id)
    return db.answer(Response(body.encode(), 202 if new else 200, {"Location": PREFIX + "/" + str(import_id)}, "application/json"))


@router.get("", responses=page_of(ImportOut))
async def list_imports(db: Annotated[ReadSession, reading(READ)], page: Annotated[PageRequest, queries.IMPORTS.request()]) -> Response:
    """List the caller's imports."""
    return await db.page(queries.IMPORTS, page)


@router.get("/{import_id}", responses=document(ImportOut))
async def read_import(import_id: UUID, db: Annotated[ReadSession, reading(READ)]) -> Response:
    """Tell how far an import is, and what came of it."""
    return await db.one(queries.IMPORT, import_id=import_id)


@router.get("/{import_id}/errors", responses=page_of(FaultOut))
async def list_errors(
    import_id: UUID, request: Request, db: Annotated[ReadSession, reading(READ)], page: Annotated[PageRequest, FAULTS.request()]
) -> Response:
    """List what is wrong with the file, row by row; with `Accept: text/csv` the whole kept report as one file."""
    await db.text(queries.IMPORT, import_id=import_id)
    return await report.answer(request, page, db, import_id)


@router.post("/{import_id}/resume", status_code=202, responses=document(ImportOut, 202))
async def resume_import(import_id: UUID, db: Annotated[WriteSession, writing(PERMISSION)]) -> Response:
    """Take a failed import up again; nothing happens to one that is on its way."""
    await service.resume(db, import_id)
    _, body = await db.read(queries.IMPORT, import_id=import_id)
    return db.answer(Response(body.encode(), 202, media_type="application/json"))
