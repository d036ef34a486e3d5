"""Clients: admitting vendors' applications, their secrets, scopes and grants."""

import secrets
from collections.abc import Sequence
from functools import cache
from uuid import UUID

from libs.common.clock import now
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError, Invalid, NotFound
from libs.common.validation import did_you_mean
from services.identity import organisations
from services.identity.accounts.schemas import GrantCreate
from services.identity.clients.events import ClientAdmitted, ClientChanged
from services.identity.clients.schemas import ClientChange, ClientCreate
from services.identity.clients.tables import Client, ClientKind
from services.identity.grants import service as grants
from services.identity.provider import Provider
from services.identity.realm.document import read_realm
from services.identity.sessions import service as sessions
from services.identity.settings import identity_settings
from services.identity.unit import Unit


class ClientIdTaken(Conflict):
    """Another client has this id."""

    slug = "client-id-taken"
    title_vi = "Mã ứng dụng đã có người dùng"
    title_en = "The client id is taken"


async def find_enabled(db: Unit, client_id: str) -> Client | None:
    """Return the client unless it is unknown or disabled."""
    client = await db.session.get(Client, client_id)
    return client if client and client.disabled_at is None else None


@cache
def known_scopes() -> list[str]:
    """Return the OAuth scopes of the realm that a vendor's client may be given."""
    return [scope.name for scope in read_realm(identity_settings().realm_file).scopes if not scope.default]


def check_scopes(scopes: Sequence[str]) -> list[str]:
    """Return the scopes sorted; raises Invalid for each that the realm does not have."""
    errors = []
    for position, scope in enumerate(scopes):
        if scope not in known_scopes():
            near = did_you_mean(scope, known_scopes())
            vi, en = (f" Có phải ý bạn là “{near}”?", f" Did you mean “{near}”?") if near else ("", "")
            pointer = f"/scopes/{position}"
            errors.append(
                FieldError(pointer=pointer, code="scope_unknown", vi="Không có phạm vi này." + vi, en="There is no such scope." + en)
            )
    if errors:
        raise Invalid(errors=errors)
    return sorted(set(scopes))


async def admit(db: WriteSession, provider: Provider, body: ClientCreate) -> str:
    """Make a vendor's client at an organisation in the caller's scope; returns its secret, which is kept nowhere."""
    client = Client(
        client_id=body.client_id,
        name=body.name,
        kind=ClientKind.VENDOR,
        scopes=check_scopes(body.scopes),
        organisation_code=body.organisation_code,
        organisation_path=await organisations.place_of(db, body.organisation_code, "/organisation_code"),
    )
    db.expect(client_pkey=ClientIdTaken)
    db.add(client)
    await db.flush()
    for position, wanted in enumerate(body.grants):
        await grants.give(db, wanted, pointer=f"/grants/{position}", client_id=client.client_id)
    await _push(db, provider, client)
    facts = _facts(client) | {"organisation_code": client.organisation_code, "scopes": client.scopes}
    db.record(ClientAdmitted.model_validate(facts), client)
    return await _new_secret(db, provider, client)


async def rotate_secret(db: WriteSession, provider: Provider, client_id: str) -> str:
    """Return a new secret; the old one ends at once, tokens got with it within five minutes."""
    client = await _vendor(db, client_id)
    _changed(db, client, ["secret"])
    return await _new_secret(db, provider, client)


async def change(db: WriteSession, provider: Provider, client_id: str, body: ClientChange) -> None:
    """Change name, scopes or state; a disabled client gets no token, and those that it has are refused everywhere within five seconds."""
    client = await _vendor(db, client_id, match=True)
    if body.name is not None:
        client.name = body.name
    if body.scopes is not None:
        client.scopes = check_scopes(body.scopes)
    if body.disabled is not None:
        client.disabled_at = (client.disabled_at or now()) if body.disabled else None
        if body.disabled:
            sessions.announce_account(db, client.subject)
    _changed(db, client, sorted(name for name, value in body.model_dump().items() if value is not None))
    await _push(db, provider, client)


async def give_grant(db: WriteSession, provider: Provider, client_id: str, wanted: GrantCreate) -> None:
    """Give the client a role at an organisation."""
    client = await _vendor(db, client_id)
    await grants.give(db, wanted, pointer="", client_id=client_id)
    _changed(db, client, ["grants"])
    await _push(db, provider, client)


async def withdraw_grant(db: WriteSession, provider: Provider, client_id: str, grant_id: UUID) -> None:
    """Take a role of the client away."""
    client = await _vendor(db, client_id)
    await db.session.delete(await grants.find_of_client(db, client_id, grant_id))
    _changed(db, client, ["grants"])
    await _push(db, provider, client)


async def _vendor(db: WriteSession, client_id: str, *, match: bool = False) -> Client:
    client = await db.lock(Client, client_id, match=match)
    if client.kind != ClientKind.VENDOR:
        raise NotFound
    await grants.require_authority_over_client(db, client_id)
    return client


def _changed(db: WriteSession, client: Client, fields: list[str]) -> None:
    client.touch()
    db.record(ClientChanged.model_validate(_facts(client) | {"fields": fields}), client)


async def _push(db: WriteSession, provider: Provider, client: Client) -> None:
    await db.flush()
    rows = await db.connection.fetch("SELECT role, organisation_code FROM grants_of_client($1)", client.client_id)
    subject = await provider.put_client(db, client, sorted(f"{row[0]}@{row[1]}" for row in rows))
    if subject != client.subject:
        client.subject = subject
    await db.flush()


async def _new_secret(db: WriteSession, provider: Provider, client: Client) -> str:
    secret = secrets.token_urlsafe(32)
    await provider.set_secret(db, client, secret)
    return secret


def _facts(client: Client) -> dict[str, object]:
    return {"subject": client.subject, "client_id": client.client_id, "version": client.version}
