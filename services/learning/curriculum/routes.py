"""Routes of the curriculum."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from libs.common.access import PRIVATE, ReadSession, reading, writing
from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.learning.curriculum import present, queries, service
from services.learning.curriculum.schemas import CoverageOut, CoverageQuery, DayQuery, PeriodOut, PeriodPut, TotalsOut

router = APIRouter(prefix="/learning/v1/curriculum", tags=["curriculum"])

Reader = Annotated[ReadSession, reading("learning.curriculum.read")]


@router.get("/periods", responses=page_of(PeriodOut))
async def list_periods(db: Reader, page: Annotated[PageRequest, queries.PERIODS.request()]) -> Response:
    """List subjects with their periods a year, of today or `as_of` a day."""
    if "as_of" in page.filters:
        return await db.page(queries.PERIODS_AT, page)
    return await db.page(queries.PERIODS, page, today=today())


@router.put("/periods", responses=document(PeriodOut))
async def put_period(body: PeriodPut, db: Annotated[WriteSession, writing("learning.curriculum.change")]) -> Response:
    """Correct the programme as data: what holds for a subject in a grade from a day on (whole platform only)."""
    period_id = await service.put(db, body)
    return await db.changed(queries.PERIOD, period_id=period_id)


@router.get("/totals", responses=document(TotalsOut))
async def read_totals(query: Annotated[DayQuery, Query()], db: Reader) -> Response:
    """Sum up the periods a year of each grade."""
    as_of = query.as_of or today()
    async with db.transaction() as connection:
        rows = await service.taught(connection, as_of)
    return _answer(present.totals_out(as_of, rows))


@router.get("/coverage", responses=document(CoverageOut))
async def read_coverage(query: Annotated[CoverageQuery, Query()], db: Reader) -> Response:
    """Tell the share of the curriculum's subject-grades with approved material, by level and grade."""
    as_of = query.as_of or today()
    async with db.transaction() as connection:
        rows = await service.taught(connection, as_of)
        approved = await service.approved(connection, as_of)
    return _answer(present.coverage_out(as_of, query.kind, rows, approved))


def _answer(body: BaseModel) -> Response:
    return Response(body.model_dump_json().encode(), headers={"Cache-Control": PRIVATE}, media_type="application/json")
