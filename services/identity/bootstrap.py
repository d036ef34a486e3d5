"""The first accounts and clients of an installation, from a file; run any number of times, it brings each to what the file says.

The file is JSON: {"accounts": [{"username", "password", "name", "grants": ["role@CODE"], "person_id"?, "organisation_code"?}],
"clients": [{"client_id", "secret", "scopes": [...], "grants": [...], "name"?, "organisation_code"?}]}. Organisations may be unknown yet.
"""

import asyncio
import sys
from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SecretStr
from sqlalchemy import delete, select
from sqlmodel import col

from libs.common.auth.permissions import roles
from libs.common.auth.principal import EVERYWHERE, Grant
from libs.common.db.engine import Database
from libs.common.db.write import WriteSession
from libs.common.errors import Invalid
from libs.common.settings import Settings
from services.identity import organisations
from services.identity.accounts import service as accounts
from services.identity.accounts.events import AccountChanged, AccountCreated
from services.identity.accounts.tables import Account
from services.identity.clients import service as clients
from services.identity.clients.events import ClientAdmitted, ClientChanged
from services.identity.clients.tables import Client, ClientKind
from services.identity.grants.tables import RoleGrant
from services.identity.lifespan import open_provider
from services.identity.provider import Provider
from services.identity.realm.document import RealmClient, read_realm
from services.identity.settings import identity_settings
from services.identity.system import system_unit

ACTION = "identity.account.bootstrap"


class FirstAccount(BaseModel):
    """An account of the file; its home is the organisation of its first grant unless given."""

    model_config = ConfigDict(extra="forbid")

    username: str
    password: SecretStr
    name: str
    grants: list[str] = []
    person_id: UUID | None = None
    organisation_code: str | None = None


class FirstClient(BaseModel):
    """A vendor's client of the file."""

    model_config = ConfigDict(extra="forbid")

    client_id: str
    secret: SecretStr
    scopes: list[str]
    grants: list[str] = []
    name: str | None = None
    organisation_code: str | None = None


class Bootstrap(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    accounts: list[FirstAccount] = []
    clients: list[FirstClient] = []


async def load(database: Database, provider: Provider, first: Bootstrap, platform: list[RealmClient]) -> None:
    """Bring every account and client to what the file says; each in a transaction of its own. Raises Invalid on a broken rule."""
    for client in platform:
        async with system_unit(database, "bootstrap", ACTION) as db:
            await _put_public_client(db, client)
    for wanted in first.accounts:
        async with system_unit(database, "bootstrap", ACTION) as db:
            await _put_account(db, provider, wanted)
    for vendor in first.clients:
        async with system_unit(database, "bootstrap", ACTION) as db:
            await _put_vendor(db, provider, vendor)


async def _put_account(db: WriteSession, provider: Provider, wanted: FirstAccount) -> None:
    username = accounts.fold_username(wanted.username)
    password = accounts.check_password(username, wanted.password)
    home = wanted.organisation_code or _home(wanted.grants)
    found = await accounts.find_by_username(db, username)
    account = found or Account(username=username, name=wanted.name, organisation_code=home, organisation_path="")
    if found is None:
        db.add(account)
    new: dict[str, object] = {"name": wanted.name, "person_id": wanted.person_id, "organisation_code": home}
    fields = _assign(account, new | {"organisation_path": await organisations.known_place(db, home)})
    await db.flush()
    fields += await _set_grants(db, wanted.grants, account_id=account.account_id)
    if found is None:
        facts = {"account_id": account.account_id, "version": account.version}
        db.record(AccountCreated.model_validate(facts | {"organisation_code": home, "person_id": wanted.person_id}), account)
    elif fields:
        account.touch()
        facts = {"account_id": account.account_id, "version": account.version}
        db.record(AccountChanged.model_validate(facts | {"fields": fields}), account)
    await provider.put_account(db, account, sorted(wanted.grants), disabled=account.disabled_at is not None)
    await provider.set_password(db, account, password)


async def _put_vendor(db: WriteSession, provider: Provider, wanted: FirstClient) -> None:
    home = wanted.organisation_code or _home(wanted.grants)
    name = wanted.name or wanted.client_id
    found = await db.session.get(Client, wanted.client_id)
    client = found or Client(client_id=wanted.client_id, name=name, kind=ClientKind.VENDOR, organisation_code=home, organisation_path="")
    if found is None:
        db.add(client)
    new: dict[str, object] = {"name": name, "scopes": clients.check_scopes(wanted.scopes), "organisation_code": home}
    fields = _assign(client, new | {"organisation_path": await organisations.known_place(db, home)})
    await db.flush()
    fields += await _set_grants(db, wanted.grants, client_id=client.client_id)
    fields += _assign(client, {"subject": await provider.put_client(db, client, sorted(wanted.grants))})
    await provider.set_secret(db, client, wanted.secret.get_secret_value())
    if found is None:
        facts = {"subject": client.subject, "client_id": client.client_id, "version": client.version}
        db.record(ClientAdmitted.model_validate(facts | {"organisation_code": home, "scopes": client.scopes}), client)
    elif fields:
        client.touch()
        facts = {"subject": client.subject, "client_id": client.client_id, "version": client.version}
        db.record(ClientChanged.model_validate(facts | {"fields": fields}), client)


def _assign(row: Account | Client, values: Mapping[str, object]) -> list[str]:
    """Set what differs, and return the names of what did."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


async def _put_public_client(db: WriteSession, wanted: RealmClient) -> None:
    """Keep the realm file's own clients for the sandbox issuer; on Keycloak they come from `realm apply`."""
    client = await db.session.get(Client, wanted.client_id)
    if client is None:
        client = Client(
            client_id=wanted.client_id, name=wanted.name, kind=ClientKind.PUBLIC, organisation_code=EVERYWHERE, organisation_path=""
        )
        db.add(client)
    client.name, client.redirect_uris, client.logout_uris = wanted.name, wanted.redirect_uris, wanted.logout_uris


async def _set_grants(db: WriteSession, claims: list[str], *, account_id: UUID | None = None, client_id: str | None = None) -> list[str]:
    """Give and withdraw until the holder has these grants; returns `["grants"]` when something changed."""
    wanted = {Grant.parse(claim) for claim in claims}
    unknown = sorted(grant.role for grant in wanted if grant.role not in roles())
    if unknown:
        raise Invalid(detail_vi="Không có vai trò: " + ", ".join(unknown), detail_en="There is no role: " + ", ".join(unknown))
    holder = col(RoleGrant.account_id) == account_id if account_id else col(RoleGrant.client_id) == client_id
    held = {Grant(row.role, row.organisation_code): row.grant_id for row in await db.session.scalars(select(RoleGrant).where(holder))}
    gone = [grant_id for grant, grant_id in held.items() if grant not in wanted]
    await db.session.execute(delete(RoleGrant).where(col(RoleGrant.grant_id).in_(gone)))
    for grant in wanted - held.keys():
        db.add(
            RoleGrant(
                account_id=account_id,
                client_id=client_id,
                role=grant.role,
                organisation_code=grant.organisation_code,
                organisation_path=await organisations.known_place(db, grant.organisation_code),
                granted_by=db.principal.actor,
            )
        )
    await db.flush()
    return ["grants"] if wanted != held.keys() else []


def _home(claims: list[str]) -> str:
    return Grant.parse(claims[0]).organisation_code if claims else EVERYWHERE


def run(_: list[str]) -> int:
    """Run the command `bootstrap`; returns the exit status."""
    settings, own = Settings(), identity_settings()
    if own.bootstrap_file is None:
        sys.stderr.write("LIENTHONG_IDENTITY_BOOTSTRAP_FILE names no file.\n")
        return 1
    first = Bootstrap.model_validate_json(own.bootstrap_file.read_bytes())
    asyncio.run(_run(settings, first))
    sys.stdout.write(f"{len(first.accounts)} accounts and {len(first.clients)} clients are as the file says.\n")
    return 0


async def _run(settings: Settings, first: Bootstrap) -> None:
    own = identity_settings()
    database = Database(settings.database_url.get_secret_value(), pool_size=2)
    try:
        await load(database, open_provider(settings.profile, own), first, read_realm(own.realm_file, own.public_url).clients)
    finally:
        await database.close()
