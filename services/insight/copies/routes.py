"""How fresh the read model is: loaders wait on it, people read it beside every figure."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading
from libs.common.http.documents import document
from services.insight.copies import queries
from services.insight.copies.schemas import FreshnessOut
from services.insight.indicators.service import SEES_PEOPLE

router = APIRouter(prefix="/insight/v1", tags=["freshness"])


@router.get("/freshness", responses=document(FreshnessOut))
async def read_freshness(db: Annotated[ReadSession, reading("insight.freshness.read")]) -> Response:
    """Tell the last event applied of each topic, and how much the caller's scope holds."""
    seen = db.principal.reach(SEES_PEOPLE)
    people = seen is not None and set(db.reach.organisation_codes) <= set(seen.organisation_codes)
    return await db.one(queries.FRESHNESS, people=people)
