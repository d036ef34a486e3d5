"""Routes of the procedure catalogue and of the clock; public information for everybody who is signed in."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from libs.common.access import ReadSession, reading
from libs.common.clock import today
from libs.common.http.documents import document
from services.egov.clock.rulebook import rulebook
from services.egov.fields import Day
from services.egov.procedures import service
from services.egov.procedures.schemas import (
    CodesOnlyOut,
    DeadlineOut,
    DeadlineQuery,
    ProcedureOut,
    ProcedureQuery,
    ProceduresOut,
    StatusesOut,
    StatusOut,
)

router = APIRouter(prefix="/egov/v1", tags=["procedures"])
Reader = Annotated[ReadSession, reading("egov.procedure.read")]


@router.get("/procedures", responses=document(ProceduresOut))
async def list_procedures(query: Annotated[ProcedureQuery, Query()], db: Reader) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List the procedures in force on a day."""
    on = query.as_of or today()
    items = service.find_all(query, on)
    return _answer(ProceduresOut(as_of=on, items=items, count=len(items)))


@router.get("/procedures/codes-only", responses=document(CodesOnlyOut))
async def list_codes_only(db: Reader) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List codes known by title only, and replaced codes with their successors."""
    return _answer(CodesOnlyOut(items=service.codes_only()))


@router.get("/procedures/{code}", responses=document(ProcedureOut))
async def read_procedure(
    code: Annotated[str, Path(max_length=20)],
    db: Reader,  # noqa: ARG001 - the session is the check of the permission
    as_of: Annotated[Day | None, Query()] = None,
) -> Response:
    """Read a procedure as of a day: limits by condition and role, papers, steps, result, versions."""
    return _answer(service.get(code, as_of or today()))


@router.get("/status-codes", responses=document(StatusesOut))
async def list_status_codes(db: Reader) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List the ten national status codes of a dossier."""
    found = rulebook().statuses.values()
    items = [StatusOut(code=s.code, key=s.key, name_vi=s.name_vi, name_en=s.name_en, terminal=s.terminal) for s in found]
    return _answer(StatusesOut(items=items))


@router.get("/deadlines", responses=document(DeadlineOut))
async def compute_deadline(query: Annotated[DeadlineQuery, Query()], db: Reader) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """Compute when a limit ends, with the reasons: the clock that dossiers use."""
    return _answer(service.deadline(query))


def _answer(out: BaseModel) -> Response:
    return Response(out.model_dump_json().encode(), media_type="application/json")
