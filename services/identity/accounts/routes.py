"""Accounts over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.identity.accounts import queries, service
from services.identity.accounts.schemas import AccountChange, AccountCreate, AccountOut
from services.identity.provider import HereProvider

router = APIRouter(prefix="/identity/v1/accounts", tags=["accounts"])
Reader = Annotated[ReadSession, reading("identity.account.read")]


@router.get("", responses=page_of(AccountOut))
async def list_accounts(db: Reader, page: Annotated[PageRequest, queries.ACCOUNTS.request()]) -> Response:
    """List the accounts of the organisations in scope."""
    return await db.page(queries.ACCOUNTS, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_account_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """List what changed, in the order in which it became visible."""
    return await db.changes("account", request)


@router.get("/{account_id}", responses=document(AccountOut))
async def read_account(account_id: UUID, db: Reader) -> Response:
    """Read one account."""
    return await db.one(queries.ACCOUNT, account_id=account_id)


@router.post("", status_code=201, responses=document(AccountOut, 201))
async def create_account(
    body: AccountCreate, provider: HereProvider, db: Annotated[WriteSession, writing("identity.account.create")]
) -> Response:
    """Create an account, with its first grants."""
    account = await service.create(db, provider, body)
    return await db.created(queries.ACCOUNT, location="/identity/v1/accounts", key=account.account_id, account_id=account.account_id)


@router.patch("/{account_id}", responses=document(AccountOut))
async def change_account(
    account_id: UUID, body: AccountChange, provider: HereProvider, db: Annotated[WriteSession, writing("identity.account.change")]
) -> Response:
    """Change name, person or password."""
    await service.change(db, provider, account_id, body)
    return await db.changed(queries.ACCOUNT, account_id=account_id)


@router.post("/{account_id}/disable", responses=document(AccountOut))
async def disable_account(
    account_id: UUID, provider: HereProvider, db: Annotated[WriteSession, writing("identity.account.disable")]
) -> Response:
    """Shut an account: it cannot sign in, and its tokens are refused everywhere within five seconds."""
    await service.set_disabled(db, provider, account_id, disabled=True)
    return await db.changed(queries.ACCOUNT, account_id=account_id)


@router.post("/{account_id}/enable", responses=document(AccountOut))
async def enable_account(
    account_id: UUID, provider: HereProvider, db: Annotated[WriteSession, writing("identity.account.enable")]
) -> Response:
    """Open a shut account again."""
    await service.set_disabled(db, provider, account_id, disabled=False)
    return await db.changed(queries.ACCOUNT, account_id=account_id)
