"""Routes of dossiers: what applicants do, what everybody follows."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from libs.common.access import ReadSession, authorise, reading, writing
from libs.common.auth.principal import Principal, Reach
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.work import UnitOfWork
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from libs.common.openapi import IF_MATCH
from services.egov.dossiers import drafting, queries, service, store
from services.egov.dossiers.drafting import Filing, desk_only, unknown_learner, unmatched_learner
from services.egov.dossiers.reasons import reasons
from services.egov.dossiers.rules import FILE
from services.egov.dossiers.schemas import (
    DossierDraft,
    DossierEdit,
    DossierListed,
    DossierOut,
    LearnerPapers,
    Note,
    ReasonOut,
    ReasonsOut,
    StepOut,
    Supplemented,
    TrackingOut,
)
from services.egov.registry import LearnerSeen, Registry, registry_of

PREFIX = "/egov/v1/dossiers"
MATCHED = {"parameters": [IF_MATCH]}
"""Every action needs the ETag of the last read."""
router = APIRouter(prefix=PREFIX, tags=["dossiers"])
public_router = APIRouter(prefix="/egov/v1", tags=["tracking"])

Reader = Annotated[ReadSession, reading("egov.dossier.read")]
Writer = Annotated[UnitOfWork, writing(FILE, bare=True)]
TRACK = "egov.dossier.track"
ANYBODY = Principal("anybody", (), frozenset(), 0.0, 0.0, client_id="anybody")
Public = Annotated[ReadSession, reading("egov.procedure.read")]


async def filing(request: Request, body: DossierDraft) -> Filing:
    """Ask the registry about the learner, before a transaction is open; raises Invalid where the caller may not file for them."""
    _, reach = await authorise(request, FILE)
    at_desk = body.channel != "online" and bool(reach.organisation_codes)
    person_id = None if at_desk else reach.person_id
    registry, token = registry_of(request), request.headers["authorization"]
    if body.learner is not None:
        return Filing(body, person_id, await _matched(registry, body.learner, token, at_desk=at_desk))
    if body.learner_id is None:
        return Filing(body, person_id, None)
    learner = await registry.learner(body.learner_id, token)
    if learner is None:
        raise unknown_learner()
    if person_id is not None and not await registry.is_guardian(person_id, body.learner_id, token):
        raise unknown_learner()
    return Filing(body, person_id, learner)


async def _matched(registry: Registry, papers: LearnerPapers, token: str, *, at_desk: bool) -> LearnerSeen:
    if not at_desk:  # a guardian reads the child in the registry, and so has no need to guess
        raise desk_only()
    learner = await registry.match(papers.model_dump(), token)
    if learner is None:
        raise unmatched_learner()
    return learner


async def present(request: Request, dossier_id: UUID, db: Annotated[ReadSession, reading(FILE)]) -> LearnerSeen | None:
    """Ask the registry where the learner of an online draft stands: a draft is the applicant's alone, and so no events follow it."""
    async with db.transaction() as connection:
        learner_id = await store.drafted_learner(connection, dossier_id)
    if learner_id is None:
        return None
    seen = await registry_of(request).learner(learner_id, request.headers["authorization"])
    if seen is None:
        raise unknown_learner()
    return seen


@router.get("", responses=page_of(DossierListed))
async def list_dossiers(db: Reader, page: Annotated[PageRequest, queries.DOSSIERS.request()]) -> Response:
    """List dossiers of the caller's schools, or the caller's own; `overdue=true` for those whose owner is late."""
    return await db.page(queries.DOSSIERS, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_dossier_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes, in the order in which it became visible."""
    return await db.changes("dossier", request)


@router.get("/{dossier_id}", responses=document(DossierOut))
async def read_dossier(dossier_id: UUID, db: Reader) -> Response:
    """Read one dossier."""
    return await db.one(queries.DOSSIER, dossier_id=dossier_id)


@router.get("/{dossier_id}/steps", responses=page_of(StepOut))
async def list_steps(dossier_id: UUID, db: Reader, page: Annotated[PageRequest, queries.STEPS.request()]) -> Response:
    """List what was done, from the draft on, with the forms that went out."""
    await db.text(queries.DOSSIER, dossier_id=dossier_id)
    return await db.page(queries.STEPS, page, dossier_id=dossier_id)


@router.post("", status_code=201, responses=document(DossierOut, 201))
async def draft_dossier(filed: Annotated[Filing, Depends(filing)], db: Writer) -> Response:
    """Begin a school transfer: as a guardian online, or at a desk for somebody who came there."""
    dossier_id = await drafting.draft(db, filed)
    return await db.created(queries.DOSSIER, location=PREFIX, key=dossier_id, dossier_id=dossier_id)


@router.patch("/{dossier_id}", responses=document(DossierOut))
async def edit_dossier(dossier_id: UUID, body: DossierEdit, db: Writer) -> Response:
    """Change a draft, or a dossier that waits for a supplement."""
    await service.edit(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/submit", responses=document(DossierOut), openapi_extra=MATCHED)
async def submit_dossier(dossier_id: UUID, seen: Annotated[LearnerSeen | None, Depends(present)], db: Writer) -> Response:
    """Hand the dossier to the receiving school, which answers within 8 working hours."""
    await service.submit(db, dossier_id, seen)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/supplement", responses=document(DossierOut), openapi_extra=MATCHED)
async def supplement_dossier(dossier_id: UUID, body: Supplemented, db: Writer) -> Response:
    """Add what was asked for; while handling, the limit starts again from zero."""
    await service.supplement(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/withdraw", responses=document(DossierOut), openapi_extra=MATCHED)
async def withdraw_dossier(dossier_id: UUID, body: Note, db: Writer) -> Response:
    """Stop at the applicant's wish, until the decision."""
    await service.withdraw(db, dossier_id, body.note)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


async def holder(request: Request) -> ReadSession:
    """Give a session that sees no row: what is shown to whoever holds code and key, the database's own function picks."""
    return ReadSession(request, ANYBODY, TRACK, Reach((), None))


@public_router.get("/tracking/{code}", responses=document(TrackingOut))
async def track_dossier(
    code: Annotated[str, Path(pattern=r"^[A-Za-z0-9.-]{1,60}$")],
    key: Annotated[str, Query(pattern=r"^[A-Za-z0-9]{1,40}$")],
    db: Annotated[ReadSession, Depends(holder)],
) -> Response:
    """Follow a dossier by the code and the key on its receipt, without signing in: states and times, nobody's data."""
    return await db.one(queries.TRACKING, code=code, key=key.upper())


@public_router.get("/reasons", responses=document(ReasonsOut))
async def list_reasons(db: Public) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List the reasons for supplements, refusals and closing, with their placeholders and guards."""
    items = [ReasonOut.model_validate({name: getattr(one, name) for name in ReasonOut.model_fields}) for one in reasons().values()]
    return Response(ReasonsOut(items=items).model_dump_json().encode(), media_type="application/json")
