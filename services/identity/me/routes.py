"""What callers may see and end of their own: no permission is needed for that, and nothing of anyone else is reached."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from libs.common.access import ReadSession, authenticate
from libs.common.auth.principal import Principal
from libs.common.db.work import Origin
from libs.common.db.write import WriteSession
from libs.common.errors import NotFound
from libs.common.http.documents import document
from libs.common.http.tracing import CURRENT
from services.identity.answers import nothing
from services.identity.me import queries
from services.identity.me.schemas import MeOut
from services.identity.provider import HereProvider
from services.identity.sessions import service as sessions
from services.identity.sessions.schemas import SessionList
from services.identity.system import EVERYTHING

READ, END = "identity.me.read", "identity.me.end"
router = APIRouter(prefix="/identity/v1/me", tags=["me"])


async def own_reader(request: Request) -> ReadSession:
    """Return a reader for queries that are bound to the caller's own id."""
    return ReadSession(request, await authenticate(request), READ, EVERYTHING)


async def own_writer(request: Request) -> AsyncIterator[WriteSession]:
    """Open a unit of work for changes that are bound to the caller's own id."""
    principal, context = await authenticate(request), CURRENT.get()
    origin = Origin(principal, END, context.request_id if context else "", context.traceparent if context else None, request.headers)
    db = WriteSession(request.app.state.platform.database, EVERYTHING, origin)
    try:
        await db.open()
        yield db
        await db.finish()
    finally:
        await db.close()


def _own(dependency: Any, permission: str) -> Any:
    """Mark the dependency as the access matrix expects; every signed-in caller has it."""
    dependency.permission = permission
    return Depends(dependency, scope="function")


@router.get("", responses=document(MeOut))
async def who_am_i(db: Annotated[ReadSession, _own(own_reader, READ)]) -> Response:
    """Say who the token speaks for, with today's grants and their organisations."""
    if db.principal.is_machine:
        return await db.one(queries.CLIENT, client_id=db.principal.client_id)
    return await db.one(queries.ACCOUNT, account_id=_own_id(db.principal))


@router.get("/sessions", responses=document(SessionList))
async def list_own_sessions(provider: HereProvider, db: Annotated[WriteSession, _own(own_writer, END)]) -> SessionList:
    """List where the caller is signed in."""
    return SessionList(items=await provider.sessions(db, _own_id(db.principal)))


@router.delete("/sessions/{session_id}", status_code=204, responses=nothing())
async def revoke_own_session(session_id: str, provider: HereProvider, db: Annotated[WriteSession, _own(own_writer, END)]) -> Response:
    """End one of the caller's sessions: its tokens are refused everywhere within five seconds."""
    account_id = _own_id(db.principal)
    if session_id not in {session.session_id for session in await provider.sessions(db, account_id)}:
        raise NotFound
    await provider.end_session(db, session_id)
    sessions.announce_session(db, session_id, account_id)
    return Response(status_code=204)


def _own_id(principal: Principal) -> UUID:
    """Return the caller's account; raises NotFound for a machine client, which has neither account nor sessions."""
    if principal.is_machine:
        raise NotFound
    return UUID(principal.account_id)
