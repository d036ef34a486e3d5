"""Grants: who may give which role where, and what the token says of them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from libs.common.auth.permissions import Role, roles
from libs.common.auth.principal import Principal
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from libs.common.validation import did_you_mean
from services.identity import organisations
from services.identity.accounts.schemas import GrantCreate
from services.identity.accounts.tables import Account
from services.identity.grants import rules
from services.identity.grants.tables import RoleGrant
from services.identity.unit import Unit


class GrantExists(Conflict):
    """The holder has this role at this organisation already."""

    slug = "grant-exists"
    title_vi = "Vai trò này đã được cấp tại đơn vị này"
    title_en = "The role at this organisation is granted already"


class RoleExceedsOwn(Forbidden):
    """The role carries permissions that the caller does not hold at that organisation."""

    slug = "role-exceeds-own"
    title_vi = "Không thể cấp hoặc quản lý quyền lớn hơn quyền của chính mình"
    title_en = "Nobody can give or manage more than they hold"


async def claims_of_account(db: Unit, account_id: UUID) -> list[str]:
    """Return the account's grants as the token carries them."""
    found = await db.session.scalars(select(RoleGrant).where(col(RoleGrant.account_id) == account_id))
    return sorted(grant.claim for grant in found)


async def claims_of_client(db: Unit, client_id: str) -> list[str]:
    """Return the client's grants as the token carries them."""
    found = await db.session.scalars(select(RoleGrant).where(col(RoleGrant.client_id) == client_id))
    return sorted(grant.claim for grant in found)


async def give(
    db: WriteSession, wanted: GrantCreate, *, pointer: str, account: Account | None = None, client_id: str | None = None
) -> RoleGrant:
    """Add a grant; raises Invalid for an unknown role or organisation, RoleExceedsOwn, GrantExists."""
    role = _known_role(wanted.role, pointer)
    path = await organisations.place_of(db, wanted.organisation_code, pointer + "/organisation_code")
    await _require_cover(db, role, path)
    grant = RoleGrant(
        account_id=account.account_id if account else None,
        client_id=client_id,
        role=wanted.role,
        organisation_code=wanted.organisation_code,
        organisation_path=path,
        granted_by=db.principal.actor,
    )
    db.expect(role_grant_once=GrantExists)
    db.add(grant)
    await db.flush()
    return grant


async def find_of_account(db: WriteSession, account_id: UUID, grant_id: UUID) -> RoleGrant:
    """Return a grant of the account that the caller may manage; raises NotFound or RoleExceedsOwn."""
    grant = await db.session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None or grant.account_id != account_id:
        raise NotFound
    await _require_cover_of(db, [grant])
    return grant


async def find_of_client(db: WriteSession, client_id: str, grant_id: UUID) -> RoleGrant:
    """Return a grant of the client that the caller may manage; raises NotFound or RoleExceedsOwn."""
    grant = await db.session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None or grant.client_id != client_id:
        raise NotFound
    await _require_cover_of(db, [grant])
    return grant


async def require_authority(db: WriteSession, account_id: UUID) -> None:
    """Raise RoleExceedsOwn unless the caller holds all that the account holds: whoever sets a password could become that account."""
    claims = await db.connection.fetch("SELECT role, organisation_code, path FROM grants_of_account($1)", account_id)
    await _require_cover_of(
        db, [RoleGrant(role=row[0], organisation_code=row[1], organisation_path=row[2], granted_by="") for row in claims]
    )


async def require_authority_over_client(db: WriteSession, client_id: str) -> None:
    """Raise RoleExceedsOwn unless the caller holds all that the client holds: whoever gets its secret can act as the client."""
    claims = await db.connection.fetch("SELECT role, organisation_code, path FROM grants_of_client($1)", client_id)
    await _require_cover_of(
        db, [RoleGrant(role=row[0], organisation_code=row[1], organisation_path=row[2], granted_by="") for row in claims]
    )


async def _require_cover_of(db: WriteSession, grants: Iterable[RoleGrant]) -> None:
    for grant in grants:
        role = roles().get(grant.role)
        if role is not None:
            await _require_cover(db, role, grant.organisation_path)


async def _require_cover(db: WriteSession, role: Role, path: str) -> None:
    missing = rules.exceeds(role, _held(db.principal, await organisations.codes_above(db, path)))
    if missing:
        names = ", ".join(missing)
        raise RoleExceedsOwn(
            detail_vi=f"Bạn không có tại đơn vị này: {names}.", detail_en=f"You do not hold at this organisation: {names}."
        )


def _held(principal: Principal, codes: set[str]) -> list[Role]:
    return rules.held_at(principal.grants, codes)


def _known_role(name: str, pointer: str) -> Role:
    role = roles().get(name)
    if role is None:
        near = did_you_mean(name, roles())
        vi, en = (f" Có phải ý bạn là “{near}”?", f" Did you mean “{near}”?") if near else ("", "")
        error = FieldError(
            pointer=pointer + "/role", code="role_unknown", vi="Không có vai trò này." + vi, en="There is no such role." + en
        )
        raise Invalid(errors=[error])
    return role
