"""Clients over HTTP."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.write import WriteSession
from libs.common.http.conditional import etag
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.identity.accounts.schemas import GrantCreate
from services.identity.clients import queries, service
from services.identity.clients.schemas import ClientChange, ClientCreate, ClientOut, ClientSecretOut
from services.identity.provider import HereProvider

ADDRESS = "/identity/v1/clients"
router = APIRouter(prefix=ADDRESS, tags=["clients"])
Reader = Annotated[ReadSession, reading("identity.client.read")]
Writer = Annotated[WriteSession, writing("identity.client.change")]


@router.get("", responses=page_of(ClientOut))
async def list_clients(db: Reader, page: Annotated[PageRequest, queries.CLIENTS.request()]) -> Response:
    """List the clients of the organisations in scope."""
    return await db.page(queries.CLIENTS, page)


@router.get("/{client_id}", responses=document(ClientOut))
async def read_client(client_id: str, db: Reader) -> Response:
    """Read one client."""
    return await db.one(queries.CLIENT, client_id=client_id)


@router.post("", status_code=201, responses=document(ClientSecretOut, 201))
async def admit_client(
    body: ClientCreate, provider: HereProvider, db: Annotated[WriteSession, writing("identity.client.admit")]
) -> Response:
    """Admit a vendor's client; the secret is in this answer and nowhere else."""
    secret = await service.admit(db, provider, body)
    return await _with_secret(db, body.client_id, secret, 201)


@router.post("/{client_id}/secret", responses=document(ClientSecretOut))
async def rotate_secret(client_id: str, provider: HereProvider, db: Writer) -> Response:
    """Replace the secret; the new one is in this answer and nowhere else."""
    secret = await service.rotate_secret(db, provider, client_id)
    return await _with_secret(db, client_id, secret, 200)


@router.patch("/{client_id}", responses=document(ClientOut))
async def change_client(client_id: str, body: ClientChange, provider: HereProvider, db: Writer) -> Response:
    """Change name, scopes or state."""
    await service.change(db, provider, client_id, body)
    return await db.changed(queries.CLIENT, client_id=client_id)


@router.post("/{client_id}/grants", status_code=201, responses=document(ClientOut, 201))
async def give_client_grant(client_id: str, body: GrantCreate, provider: HereProvider, db: Writer) -> Response:
    """Give the client a role at an organisation in the caller's scope."""
    await service.give_grant(db, provider, client_id, body)
    return await db.created(queries.CLIENT, location=ADDRESS, key=client_id, client_id=client_id)


@router.delete("/{client_id}/grants/{grant_id}", responses=document(ClientOut))
async def withdraw_client_grant(client_id: str, grant_id: UUID, provider: HereProvider, db: Writer) -> Response:
    """Take a role of the client away."""
    await service.withdraw_grant(db, provider, client_id, grant_id)
    return await db.changed(queries.CLIENT, client_id=client_id)


async def _with_secret(db: WriteSession, client_id: str, secret: str, status: int) -> Response:
    """Answer with the secret, and keep no copy of the answer for a repetition: a repeated request gets 204."""
    version, body = await db.read(queries.CLIENT, client_id=client_id)
    headers = {"ETag": etag(version), "Location": ADDRESS + "/" + client_id, "Cache-Control": "no-store"}
    return Response(orjson.dumps(orjson.loads(body) | {"secret": secret}), status, headers, "application/json")
