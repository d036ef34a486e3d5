"""Sessions of an account over HTTP, for officers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import writing
from libs.common.db.write import WriteSession
from libs.common.errors import NotFound
from libs.common.http.documents import document
from services.identity.accounts import service as accounts
from services.identity.accounts.tables import Account
from services.identity.answers import nothing
from services.identity.provider import HereProvider
from services.identity.sessions import service
from services.identity.sessions.schemas import SessionList

router = APIRouter(prefix="/identity/v1/accounts/{account_id}/sessions", tags=["sessions"])


@router.get("", responses=document(SessionList))
async def list_sessions(
    account_id: UUID, provider: HereProvider, db: Annotated[WriteSession, writing("identity.session.read")]
) -> SessionList:
    """List where an account in scope is signed in; the look is audited."""
    await db.lock(Account, account_id, match=False)
    return SessionList(items=await provider.sessions(db, account_id))


@router.delete("/{session_id}", status_code=204, responses=nothing())
async def revoke_session(
    account_id: UUID, session_id: str, provider: HereProvider, db: Annotated[WriteSession, writing("identity.session.revoke")]
) -> Response:
    """End a session: its tokens are refused everywhere within five seconds."""
    await db.lock(Account, account_id, match=False)
    if session_id not in {session.session_id for session in await provider.sessions(db, account_id)}:
        raise NotFound
    await provider.end_session(db, session_id)
    service.announce_session(db, session_id, account_id)
    return Response(status_code=204)


@router.post("/revoke", status_code=204, responses=nothing())
async def revoke_all_sessions(
    account_id: UUID, provider: HereProvider, db: Annotated[WriteSession, writing("identity.session.revoke")]
) -> Response:
    """End every session of the account, for instance after a grant was withdrawn."""
    await db.lock(Account, account_id, match=False)
    await accounts.end_sessions(db, provider, account_id)
    return db.answer(Response(status_code=204))
