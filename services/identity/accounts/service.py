"""Accounts: finding, creating, changing, disabling them, and giving them roles."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import col

from libs.common.clock import now
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, Invalid
from services.identity import organisations, password_policy
from services.identity.accounts.events import AccountChanged, AccountCreated, AccountDisabled, AccountEnabled, GrantGiven, GrantWithdrawn
from services.identity.accounts.schemas import AccountChange, AccountCreate, GrantCreate
from services.identity.accounts.tables import Account
from services.identity.grants import service as grants
from services.identity.grants.tables import RoleGrant
from services.identity.provider import Provider
from services.identity.realm.document import read_realm
from services.identity.sessions import service as sessions
from services.identity.settings import identity_settings
from services.identity.unit import Unit

INSERT = "INSERT INTO account SELECT * FROM jsonb_populate_record(NULL::account, $1::jsonb)"


class UsernameTaken(Conflict):
    """Another account has this user name."""

    slug = "username-taken"
    title_vi = "Tên đăng nhập đã có người dùng"
    title_en = "The user name is taken"


class AccountStateUnchanged(Conflict):
    """The account is disabled, or enabled, already."""

    slug = "account-state-unchanged"
    title_vi = "Tài khoản đã ở trạng thái này"
    title_en = "The account is in this state already"


def fold_username(username: str) -> str:
    """Return the one spelling under which a user name is stored and found; Keycloak folds case the same way."""
    return username.strip().lower()


async def find_by_username(db: Unit, username: str) -> Account | None:
    """Return the account of a user name."""
    return await db.session.scalar(select(Account).where(col(Account.username) == fold_username(username)))


@cache
def policy() -> list[password_policy.Rule]:
    """Return the password rules of the realm."""
    return password_policy.parse(str(read_realm(identity_settings().realm_file).settings["passwordPolicy"]))


def check_password(username: str, password: SecretStr) -> str:
    """Return the password; raises Invalid with every rule that it breaks."""
    found = password_policy.weaknesses(policy(), username, password.get_secret_value())
    if found:
        raise Invalid(errors=found)
    return password.get_secret_value()


async def create(db: WriteSession, provider: Provider, body: AccountCreate) -> Account:
    """Make an account at an organisation in the caller's scope, with its first grants."""
    username = fold_username(body.username)
    password = check_password(username, body.password) if body.password else None
    account = Account(
        username=username,
        name=body.name,
        person_id=body.person_id,
        organisation_code=body.organisation_code,
        organisation_path=await organisations.place_of(db, body.organisation_code, "/organisation_code"),
    )
    await _insert(db, account)
    db.record(
        AccountCreated.model_validate(_facts(account) | {"organisation_code": body.organisation_code, "person_id": body.person_id}), account
    )
    given = [await _give(db, account, wanted, pointer=f"/grants/{position}") for position, wanted in enumerate(body.grants)]
    await _tell(db, provider, account, [grant.claim for grant in given])
    if password is not None:
        await provider.set_password(db, account, password)
    return account


async def _insert(db: WriteSession, account: Account) -> None:
    """Insert the row by hand, which costs a request less than an object does; raises UsernameTaken."""
    try:
        await db.connection.execute(INSERT, account.model_dump_json())
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "account_username":
            raise UsernameTaken from error
        raise


async def change(db: WriteSession, provider: Provider, account_id: UUID, body: AccountChange) -> None:
    """Change an account that holds nothing the caller does not; a new password ends its sessions."""
    account = await _managed(db, account_id)
    fields = sorted(body.model_fields_set - ({"name"} if body.name is None else set()) - ({"password"} if body.password is None else set()))
    if "name" in fields and body.name is not None:
        account.name = body.name
    if "person_id" in fields:
        account.person_id = body.person_id
    password = check_password(account.username, body.password) if body.password else None
    account.touch()
    db.record(AccountChanged.model_validate(_facts(account) | {"fields": fields}), account)
    await _push(db, provider, account)
    if password is not None:
        await provider.set_password(db, account, password)
        await end_sessions(db, provider, account_id)


async def set_disabled(db: WriteSession, provider: Provider, account_id: UUID, *, disabled: bool) -> None:
    """Shut or open an account; shutting it ends every session and refuses every token issued before."""
    account = await _managed(db, account_id, match=False)  # whoever shuts an account in haste need not read it first
    if (account.disabled_at is not None) == disabled:
        raise AccountStateUnchanged
    account.disabled_at = now() if disabled else None
    account.touch()
    db.record((AccountDisabled if disabled else AccountEnabled).model_validate(_facts(account)), account)
    await _push(db, provider, account)
    if disabled:
        await end_sessions(db, provider, account_id)
        sessions.announce_account(db, account_id)


async def give_grant(db: WriteSession, provider: Provider, account_id: UUID, wanted: GrantCreate) -> None:
    """Give the account a role; its next tokens, at most five minutes away, carry it."""
    account = await db.lock(Account, account_id, match=False)
    account.touch()
    await _give(db, account, wanted, pointer="")
    await _push(db, provider, account)


async def withdraw_grant(db: WriteSession, provider: Provider, account_id: UUID, grant_id: UUID, *, at_once: bool) -> None:
    """Take a role away; `at_once` ends the sessions too, so that no living token carries it."""
    account = await db.lock(Account, account_id, match=False)
    grant = await grants.find_of_account(db, account_id, grant_id)
    await db.session.delete(grant)
    account.touch()
    facts = _facts(account) | {"role": grant.role, "organisation_code": grant.organisation_code}
    db.record(GrantWithdrawn.model_validate(facts), account)
    await _push(db, provider, account)
    if at_once:
        await end_sessions(db, provider, account_id)


async def end_sessions(db: WriteSession, provider: Provider, account_id: UUID) -> None:
    """End every living session of the account."""
    for session in await provider.sessions(db, account_id):
        await provider.end_session(db, session.session_id)
        sessions.announce_session(db, session.session_id, account_id)


async def _managed(db: WriteSession, account_id: UUID, *, match: bool = True) -> Account:
    account = await db.lock(Account, account_id, match=match)
    await grants.require_authority(db, account_id)
    return account


async def _give(db: WriteSession, account: Account, wanted: GrantCreate, *, pointer: str) -> RoleGrant:
    grant = await grants.give(db, wanted, pointer=pointer, account=account)
    facts = _facts(account) | {"role": grant.role, "organisation_code": grant.organisation_code}
    db.record(GrantGiven.model_validate(facts), account)
    return grant


async def _push(db: WriteSession, provider: Provider, account: Account) -> None:
    """Tell the provider of a known account, with the grants that it holds now, also where the caller does not see them."""
    await db.flush()
    rows = await db.connection.fetch("SELECT role, organisation_code FROM grants_of_account($1)", account.account_id)
    await _tell(db, provider, account, [f"{row[0]}@{row[1]}" for row in rows])


async def _tell(db: WriteSession, provider: Provider, account: Account, held: Sequence[str]) -> None:
    """Tell the provider the wanted state, after the rules and the rows: a refusal there takes everything back."""
    await db.flush()
    await provider.put_account(db, account, sorted(held), disabled=account.disabled_at is not None)


def _facts(account: Account) -> dict[str, object]:
    return {"account_id": account.account_id, "version": account.version}
