"""Routes of offers."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.work import UnitOfWork
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.imports.upload import Upload, described
from services.egov import bulk
from services.egov.bulk import Load
from services.egov.offers import queries, service
from services.egov.offers.schemas import OfferOut, OfferPut, OffersPut, PutOut

router = APIRouter(prefix="/egov/v1/offers", tags=["offers"])
Reader = Annotated[ReadSession, reading("egov.procedure.read")]
WRITE = "egov.procedure.offer"
Writer = Annotated[UnitOfWork, writing(WRITE, bare=True)]


@router.get("", responses=page_of(OfferOut))
async def list_offers(db: Reader, page: Annotated[PageRequest, queries.OFFERS.request()]) -> Response:
    """List which organisation offers which procedure; public information."""
    return await db.page(queries.OFFERS, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_offer_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes under the caller's organisations."""
    return await db.changes("procedure_offer", request)


@router.put("", responses=document(PutOut))
async def put_offers(body: OffersPut, db: Writer) -> Response:
    """Bring many offers to what the sender knows, by natural key: all are written, or none."""
    return _answer(db, await service.put_many(db, Load.of(body.items)))


@router.post("/import", responses=document(PutOut), openapi_extra=described())
async def import_offers(file: Annotated[Upload, bulk.received(WRITE)], db: Writer) -> Response:
    """Do the same with CSV or XLSX: organisation_code, procedure_code, level, one_stop, valid_from, valid_to."""
    return _answer(db, await service.put_many(db, bulk.read(file, OfferPut)))


def _answer(db: UnitOfWork, out: PutOut) -> Response:
    return db.answer(Response(out.model_dump_json().encode(), media_type="application/json"))
