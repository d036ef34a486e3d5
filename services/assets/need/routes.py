"""Routes of norms and of the need for computers."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.assets.answers import answer
from services.assets.fields import Day, Level
from services.assets.need import queries, service
from services.assets.need.schemas import NeedOut, NeedQuery, NormBody, NormOut

router = APIRouter(prefix="/assets/v1", tags=["need"])


@router.get("/need", responses=document(NeedOut))
async def read_need(query: Annotated[NeedQuery, Query()], db: Annotated[ReadSession, reading("assets.need.read")]) -> Response:
    """Compute how many computers a school, or all schools under an organisation, need, have and lack as of a day.

    Whoever may not see the learners there is told of the computers only.
    """
    async with db.transaction() as connection:
        return answer(await service.need(connection, query, db.principal))


@router.get("/norms", responses=page_of(NormOut))
async def list_norms(
    db: Annotated[ReadSession, reading("assets.norm.read")], page: Annotated[PageRequest, queries.NORMS.request()]
) -> Response:
    """List norms with their legal basis."""
    return await db.page(queries.NORMS, page)


@router.put("/norms/learners_per_computer/{level}/{valid_from}", responses=document(NormOut))
async def set_norm(level: Level, valid_from: Day, body: NormBody, db: Annotated[WriteSession, writing("assets.norm.set")]) -> Response:
    """Set how many learners share a computer at a level from a day on; needs the permission for the whole platform."""
    await service.set_norm(db, level, valid_from, body)
    return await db.changed(queries.NORM, key=service.COMPUTERS, level=level, valid_from=valid_from)
