"""Routes of document counts."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.work import UnitOfWork
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.imports.upload import Upload, described
from services.egov import bulk
from services.egov.bulk import Load
from services.egov.documents import queries, service
from services.egov.documents.schemas import CountOut, CountPut, CountsOut, CountsPut

router = APIRouter(prefix="/egov/v1/document-counts", tags=["documents"])
WRITE = "egov.document.count"
Writer = Annotated[UnitOfWork, writing(WRITE, bare=True)]


@router.get("", responses=page_of(CountOut))
async def list_counts(
    db: Annotated[ReadSession, reading("egov.document.read")], page: Annotated[PageRequest, queries.COUNTS.request()]
) -> Response:
    """List counts of incoming and outgoing documents."""
    return await db.page(queries.COUNTS, page)


@router.put("", responses=document(CountsOut))
async def put_counts(body: CountsPut, db: Writer) -> Response:
    """Bring many counts to what the sender knows, by organisation and period: all are written, or none."""
    return _answer(db, await service.put_many(db, Load.of(body.items)))


@router.post("/import", responses=document(CountsOut), openapi_extra=described())
async def import_counts(file: Annotated[Upload, bulk.received(WRITE)], db: Writer) -> Response:
    """Do the same with CSV or XLSX: organisation_code, period_start, period_end, incoming, incoming_scanned, outgoing, outgoing_scanned."""
    return _answer(db, await service.put_many(db, bulk.read(file, CountPut)))


def _answer(db: UnitOfWork, out: CountsOut) -> Response:
    return db.answer(Response(out.model_dump_json().encode(), media_type="application/json"))
