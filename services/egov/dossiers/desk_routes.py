"""Routes of dossiers: what the two schools do. Every action needs If-Match with the ETag of the last read."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from libs.common.access import ReadSession, authorise, reading, writing
from libs.common.db.work import UnitOfWork
from libs.common.http.documents import document
from services.egov.dossiers import agencies, deciding, queries, service, store
from services.egov.dossiers.deciding import Asked
from services.egov.dossiers.problems import WrongSide
from services.egov.dossiers.routes import MATCHED, PREFIX
from services.egov.dossiers.rules import DECIDE, HANDLE, RELEASE
from services.egov.dossiers.schemas import (
    AgencyOut,
    AgencySet,
    Approval,
    DossierOut,
    Note,
    Postponement,
    RecordsTaken,
    Refusal,
    Retry,
    Stop,
    SupplementRequest,
)
from services.egov.fields import OrganisationCode, invalid
from services.egov.registry import LearnerSeen, registry_of

router = APIRouter(prefix=PREFIX, tags=["dossiers"])
agency_router = APIRouter(prefix="/egov/v1/agencies", tags=["dossiers"])

Handler = Annotated[UnitOfWork, writing(HANDLE, bare=True)]
Decider = Annotated[UnitOfWork, writing(DECIDE, bare=True)]
Releaser = Annotated[UnitOfWork, writing(RELEASE, bare=True)]


async def registered(request: Request, body: RecordsTaken) -> LearnerSeen:
    """Ask the registry about the learner who has come, before a transaction is open; raises Invalid."""
    await authorise(request, HANDLE)
    found = await registry_of(request).learner(body.learner_id, request.headers["authorization"])
    if found is None:
        raise invalid("/learner_id", "unknown_learner", "Không có học sinh này ở trường.", "The school has no such learner.")
    return found


async def _classed(request: Request, body: Approval | Retry) -> Asked:
    """Ask the registry about the class that is named, before a transaction is open."""
    await authorise(request, DECIDE)
    if body.class_id is None:
        return Asked()
    registry, token = registry_of(request), request.headers["authorization"]
    return Asked(await registry.school_class(body.class_id, token), await registry.school_years(token))


async def approving(request: Request, body: Approval) -> Asked:
    """Ask about the class of an approval."""
    return await _classed(request, body)


async def retrying(request: Request, body: Retry) -> Asked:
    """Ask about the class of a further attempt."""
    return await _classed(request, body)


def nobodys_own(permission: str) -> Any:
    """Return the dependency that refuses whoever the registry names as a guardian of the dossier's learner."""

    async def ask(request: Request, dossier_id: UUID, db: Annotated[ReadSession, reading(permission)]) -> None:
        person_id = db.principal.person_id
        if person_id is None:
            return
        async with db.transaction() as connection:
            learner_id = await store.learner_of(connection, dossier_id)
        own = learner_id is not None and await registry_of(request).is_guardian(person_id, learner_id, request.headers["authorization"])
        if own:
            raise WrongSide(
                detail_vi="Không ai được quyết định hồ sơ của chính con mình.", detail_en="Nobody decides the dossier of their own child."
            )

    return Depends(ask)


Seen = Annotated[LearnerSeen, Depends(registered)]
DECISION, RELEASING = [nobodys_own(DECIDE)], [nobodys_own(RELEASE)]


@router.post("/{dossier_id}/receive", responses=document(DossierOut), openapi_extra=MATCHED)
async def receive_dossier(dossier_id: UUID, request: Request, db: Handler) -> Response:
    """Accept the dossier: code, receipt (form 01) and appointment by the working-day clock."""
    await service.receive(db, dossier_id, request.app.state.settings.egov_agency_code)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/reject", responses=document(DossierOut), openapi_extra=MATCHED)
async def reject_dossier(dossier_id: UUID, body: Refusal, db: Handler) -> Response:
    """Refuse intake with reasons (form 03)."""
    await service.reject(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/request-supplement", responses=document(DossierOut), openapi_extra=MATCHED)
async def request_supplement(dossier_id: UUID, body: SupplementRequest, db: Handler) -> Response:
    """Tell all defects at once (form 02): once at intake, once while handling, further ones by whoever may decide."""
    await service.request_supplement(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/postpone", responses=document(DossierOut), openapi_extra=MATCHED)
async def postpone_dossier(dossier_id: UUID, body: Postponement, db: Handler) -> Response:
    """Apologise and give a new appointment (form 04), at most once."""
    await service.postpone(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/approve", responses=document(DossierOut), openapi_extra=MATCHED, dependencies=DECISION)
async def approve_dossier(dossier_id: UUID, body: Approval, asked: Annotated[Asked, Depends(approving)], db: Decider) -> Response:
    """The receiving principal takes the learner; a class that does not fit is refused before anything is signed."""
    await deciding.approve(db, dossier_id, body, asked)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/refuse", responses=document(DossierOut), openapi_extra=MATCHED, dependencies=DECISION)
async def refuse_dossier(dossier_id: UUID, body: Refusal, db: Decider) -> Response:
    """The receiving principal refuses, with reasons (form 03)."""
    await deciding.refuse(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/release", responses=document(DossierOut), openapi_extra=MATCHED, dependencies=RELEASING)
async def release_dossier(dossier_id: UUID, body: Note, db: Releaser) -> Response:
    """The sending school hands over the records; the registry moves the learner."""
    await deciding.release(db, dossier_id, body.note)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/take-records", responses=document(DossierOut), openapi_extra=MATCHED)
async def take_records(dossier_id: UUID, seen: Seen, db: Handler) -> Response:
    """The records of a learner from another province are here, and the learner is registered."""
    await service.take_records(db, dossier_id, seen)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/retry", responses=document(DossierOut), openapi_extra=MATCHED)
async def retry_dossier(dossier_id: UUID, body: Retry, asked: Annotated[Asked, Depends(retrying)], db: Decider) -> Response:
    """Order a flagged move once more after its cause was dealt with."""
    await deciding.retry(db, dossier_id, body, asked)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/return", responses=document(DossierOut), openapi_extra=MATCHED)
async def return_result(dossier_id: UUID, body: Note, db: Handler) -> Response:
    """Hand the result to the applicant."""
    await service.return_result(db, dossier_id, body.note)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@router.post("/{dossier_id}/stop", responses=document(DossierOut), openapi_extra=MATCHED)
async def stop_dossier(dossier_id: UUID, body: Stop, db: Decider) -> Response:
    """Stop the handling of a transfer that cannot be carried out (form 05)."""
    await service.stop(db, dossier_id, body)
    return await db.changed(queries.DOSSIER, dossier_id=dossier_id)


@agency_router.put("/{organisation_code}", responses=document(AgencyOut))
async def set_agency(
    organisation_code: OrganisationCode, body: AgencySet, db: Annotated[UnitOfWork, writing("egov.agency.set", bare=True)]
) -> Response:
    """Give a school the agency part of its dossier codes; the same again changes nothing."""
    organisation_id = await agencies.put(db, organisation_code, body.agency_code)
    return await db.changed(queries.AGENCY, organisation_id=organisation_id)
