"""Routes of guardians."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.registry.guardians import queries, service
from services.registry.guardians.schemas import GuardianCreate, GuardianOut

router = APIRouter(prefix="/registry/v1", tags=["guardians"])


@router.get("/learners/{learner_id}/guardians", responses=page_of(GuardianOut))
async def list_guardians(
    learner_id: UUID,
    db: Annotated[ReadSession, reading("registry.guardian.read")],
    page: Annotated[PageRequest, queries.GUARDIANS.request()],
) -> Response:
    """List the guardians of a learner."""
    return await db.page(queries.GUARDIANS, page, of=queries.WARD, learner_id=learner_id)


@router.post("/guardians", status_code=201, responses=document(GuardianOut, 201))
async def add_guardian(body: GuardianCreate, db: Annotated[WriteSession, writing("registry.guardian.add")]) -> Response:
    """Name a guardian of a learner."""
    person_id = await service.add(db, body)
    return await db.created(
        queries.GUARDIAN,
        location=f"/registry/v1/learners/{body.learner_id}/guardians",
        key=person_id,
        guardian_person_id=person_id,
        learner_id=body.learner_id,
    )
