"""Routes of bulk import."""

import csv
import io
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.imports.report import FAULTS, FaultOut
from services.registry.imports import queries, service
from services.registry.imports.columns import ImportKind
from services.registry.imports.schemas import ImportOut
from services.registry.imports.settings import ImportSettings
from services.registry.imports.upload import PERMISSION, Upload, received

PREFIX = "/registry/v1/imports"
READ = "registry.import.read"
router = APIRouter(prefix=PREFIX, tags=["imports"])
FORMULA = ("=", "+", "-", "@")
BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself. With Content-Digest (sha-256) a cut or altered upload is refused.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        },
    }
}


@router.post(
    "",
    status_code=202,
    responses=document(ImportOut) | document(ImportOut, 202),
    openapi_extra=BODY,
    max_body_size=ImportSettings().max_bytes,
)
async def start_import(
    kind: Annotated[ImportKind, Query(description="what the file holds")],
    upload: Annotated[Upload, Depends(received)],
    db: Annotated[WriteSession, writing(PERMISSION, streamed=True)],
    *,
    dry_run: Annotated[bool, Query(description="check only")] = False,
) -> Response:
    """Receive a CSV or XLSX file (202); the same file sent again by the same account is the same import (200)."""
    import_id, new = await service.start(db, upload, kind, dry_run=dry_run)
    _, body = await db.read(queries.IMPORT, import_id=import_id)
    return db.answer(Response(body.encode(), 202 if new else 200, {"Location": PREFIX + "/" + str(import_id)}, "application/json"))


@router.get("", responses=page_of(ImportOut))
async def list_imports(page: Annotated[PageRequest, queries.IMPORTS.request()], db: Annotated[ReadSession, reading(READ)]) -> Response:
    """List the caller's imports."""
    return await db.page(queries.IMPORTS, page)


@router.get("/{import_id}", responses=document(ImportOut))
async def read_import(import_id: UUID, db: Annotated[ReadSession, reading(READ)]) -> Response:
    """Tell how far an import is, and what came of it."""
    return await db.one(queries.IMPORT, import_id=import_id)


@router.get("/{import_id}/errors", responses=page_of(FaultOut))
async def list_errors(
    import_id: UUID, request: Request, page: Annotated[PageRequest, FAULTS.request()], db: Annotated[ReadSession, reading(READ)]
) -> Response:
    """List what is wrong with the file, row by row; with `Accept: text/csv` the whole kept report as one file."""
    await db.text(queries.IMPORT, import_id=import_id)
    if "text/csv" not in request.headers.get("accept", ""):
        return await db.page(FAULTS, page, import_id=import_id)
    async with db.transaction() as connection:
        faults = await connection.fetch(queries.FAULTS_AS_TABLE, import_id)
    name = f'attachment; filename="import-{import_id}-errors.csv"'
    return Response(_csv(tuple(fault) for fault in faults), headers={"Content-Disposition": name}, media_type="text/csv")


@router.post("/{import_id}/resume", status_code=202, responses=document(ImportOut, 202))
async def resume_import(import_id: UUID, db: Annotated[WriteSession, writing(PERMISSION)]) -> Response:
    """Take a failed import up again; nothing happens to one that is on its way."""
    await service.resume(db, import_id)
    _, body = await db.read(queries.IMPORT, import_id=import_id)
    return db.answer(Response(body.encode(), 202, media_type="application/json"))


def _csv(rows: Iterable[tuple[object, ...]]) -> bytes:
    """Write the report with a byte order mark, so that spreadsheet programs read the Vietnamese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FaultOut.model_fields)
    # A heading of the sender's file may stand in a cell: it must not become a formula when the report is opened.
    writer.writerows(["'" + cell if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
