"""Routes of learners."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.work import UnitOfWork
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.registry.learners import matching, queries, service
from services.registry.learners.schemas import (
    EnrolmentOut,
    LearnerChange,
    LearnerCreate,
    LearnerLeave,
    LearnerListed,
    LearnerMatch,
    LearnerMatched,
    LearnerOut,
    LearnerUpsert,
)
from services.registry.people.rules import IdentifierKind

PREFIX = "/registry/v1/learners"
router = APIRouter(prefix=PREFIX, tags=["learners"])

Reader = Annotated[ReadSession, reading("registry.learner.read")]


@router.get("", responses=page_of(LearnerListed))
async def list_learners(db: Reader, page: Annotated[PageRequest, queries.LEARNERS.request()]) -> Response:
    """List learners."""
    return await db.page(queries.LEARNERS, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_learner_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes, in the order in which it became visible."""
    return await db.changes("learner", request)


@router.get("/{learner_id}", responses=document(LearnerOut))
async def read_learner(learner_id: UUID, db: Reader) -> Response:
    """Read one learner."""
    return await db.one(queries.LEARNER, learner_id=learner_id)


@router.get("/{learner_id}/enrolments", responses=page_of(EnrolmentOut))
async def list_enrolments(learner_id: UUID, db: Reader, page: Annotated[PageRequest, queries.ENROLMENTS.request()]) -> Response:
    """List a learner's spells of enrolment, from the first one on."""
    return await db.page(queries.ENROLMENTS, page, of=queries.LEARNER, learner_id=learner_id)


@router.post("", status_code=201, responses=document(LearnerOut, 201))
async def register_learner(body: LearnerCreate, db: Annotated[UnitOfWork, writing("registry.learner.register", bare=True)]) -> Response:
    """Register a learner with the first spell of enrolment."""
    learner_id = await service.register(db, body)
    return await db.created(queries.LEARNER, location=PREFIX, key=learner_id, learner_id=learner_id)


@router.post("/match", responses=document(LearnerMatched))
async def match_learner(body: LearnerMatch, db: Annotated[UnitOfWork, writing("registry.learner.match", bare=True)]) -> Response:
    """Find a learner of any school by ministry code, name and birth date, for a dossier at a desk; every match is audited.

    A POST, since names do not belong into addresses. Whichever of the three is wrong, the answer is the same 404.
    """
    found = await matching.match(db, body)
    return db.answer(Response(found.model_dump_json().encode(), 200, {"Cache-Control": "no-store"}, "application/json"))


@router.put("/by-identifier/{kind}/{value}", responses=document(LearnerOut) | document(LearnerOut, 201))
async def put_learner(
    kind: IdentifierKind,
    value: Annotated[str, Path(min_length=1, max_length=60)],
    body: LearnerUpsert,
    db: Annotated[WriteSession, writing("registry.learner.register")],
) -> Response:
    """Register the learner who bears the identifier, or bring them to what the sender knows; the same again changes nothing."""
    done = await service.upsert(db, kind, value, body)
    if done.created:
        return await db.created(queries.LEARNER, location=PREFIX, key=done.learner_id, learner_id=done.learner_id)
    return await db.changed(queries.LEARNER, learner_id=done.learner_id)


@router.patch("/{learner_id}", responses=document(LearnerOut))
async def change_learner(
    learner_id: UUID, body: LearnerChange, db: Annotated[WriteSession, writing("registry.learner.change")]
) -> Response:
    """Change a learner's person or current spell."""
    await service.change(db, learner_id, body)
    return await db.changed(queries.LEARNER, learner_id=learner_id)


@router.post("/{learner_id}/leave", responses=document(LearnerOut))
async def leave_school(learner_id: UUID, body: LearnerLeave, db: Annotated[WriteSession, writing("registry.learner.change")]) -> Response:
    """End a learner's current spell."""
    await service.leave(db, learner_id, body)
    return await db.changed(queries.LEARNER, learner_id=learner_id)
