"""Grants over HTTP, below the account that holds them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from libs.common.access import writing
from libs.common.db.write import WriteSession
from libs.common.http.documents import document
from services.identity.accounts import queries
from services.identity.accounts import service as accounts
from services.identity.accounts.schemas import AccountOut, GrantCreate
from services.identity.provider import HereProvider

router = APIRouter(prefix="/identity/v1/accounts/{account_id}/grants", tags=["grants"])


@router.post("", status_code=201, responses=document(AccountOut, 201))
async def give_grant(
    account_id: UUID, body: GrantCreate, provider: HereProvider, db: Annotated[WriteSession, writing("identity.grant.give")]
) -> Response:
    """Give a role at an organisation in the caller's scope; answers the account with its grants."""
    await accounts.give_grant(db, provider, account_id, body)
    return await db.created(queries.ACCOUNT, location="/identity/v1/accounts", key=account_id, account_id=account_id)


@router.delete("/{grant_id}", responses=document(AccountOut))
async def withdraw_grant(
    account_id: UUID,
    grant_id: UUID,
    provider: HereProvider,
    db: Annotated[WriteSession, writing("identity.grant.withdraw")],
    *,
    at_once: Annotated[bool, Query(description="end the account's sessions too, instead of waiting five minutes")] = False,
) -> Response:
    """Take a role away; answers the account with the grants that are left."""
    await accounts.withdraw_grant(db, provider, account_id, grant_id, at_once=at_once)
    return await db.changed(queries.ACCOUNT, account_id=account_id)
