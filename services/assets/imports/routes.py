"""Routes of bulk import."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.work import UnitOfWork
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.imports import report, upload
from libs.common.imports.report import FAULTS, FaultOut
from services.assets.imports import queries, service
from services.assets.imports.schemas import ImportOut
from services.assets.imports.settings import MAX_FILE_BYTES, ImportSettings

PREFIX = "/assets/v1/imports"
PERMISSION = "assets.asset.import"
router = APIRouter(prefix=PREFIX, tags=["imports"])
Reader = Annotated[ReadSession, reading("assets.import.read")]
File = Annotated[upload.Upload, upload.as_csv(PERMISSION, lambda: MAX_FILE_BYTES, lambda: ImportSettings().max_rows, lists=True)]


@router.post(
    "",
    status_code=201,
    responses=document(ImportOut, 201) | document(ImportOut),
    openapi_extra=upload.described(upload.JSON),
    max_body_size=MAX_FILE_BYTES,
)
async def import_assets(
    file: File,
    db: Annotated[UnitOfWork, writing(PERMISSION, bare=True)],
    *,
    dry_run: Annotated[bool, Query(description="check only")] = False,
) -> Response:
    """Check and apply a CSV, XLSX or JSON file at once: all or nothing (201, also when it is rejected); the same file again is 200."""
    import_id, new = await service.run(db, file, dry_run=dry_run)
    _, body = await db.read(queries.IMPORT, import_id=import_id)
    return db.answer(Response(body.encode(), 201 if new else 200, {"Location": PREFIX + "/" + str(import_id)}, "application/json"))


@router.get("", responses=page_of(ImportOut))
async def list_imports(db: Reader, page: Annotated[PageRequest, queries.IMPORTS.request()]) -> Response:
    """List the caller's imports."""
    return await db.page(queries.IMPORTS, page)


@router.get("/{import_id}", responses=document(ImportOut))
async def read_import(import_id: UUID, db: Reader) -> Response:
    """Tell what came of an import."""
    return await db.one(queries.IMPORT, import_id=import_id)


@router.get("/{import_id}/errors", responses=page_of(FaultOut))
async def list_errors(import_id: UUID, request: Request, db: Reader, page: Annotated[PageRequest, FAULTS.request()]) -> Response:
    """List what is wrong with the file, row by row; with `Accept: text/csv` the whole kept report as one file."""
    await db.text(queries.IMPORT, import_id=import_id)
    return await report.answer(request, page, db, import_id)
