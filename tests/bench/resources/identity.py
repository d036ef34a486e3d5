"""Accounts with a grant each; what is created has no password: hashing one is slow on purpose."""

from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.identity.accounts import queries
from services.identity.accounts.schemas import AccountOut
from services.identity.accounts.tables import Account
from services.identity.grants.tables import RoleGrant
from tests.bench.resource import TREE, Creation, Resource, bare, bare_page

PATH = "/identity/v1/accounts"
FILL = (
    *TREE,
    """INSERT INTO account (account_id, username, name, organisation_code, organisation_path, version, created_at, updated_at)
       SELECT row_id, 'account' || n, 'Lý Thị Mai ' || n, code, path, 1, now(), now() FROM bench_place""",
    """INSERT INTO role_grant (grant_id, account_id, role, organisation_code, organisation_path, granted_by, granted_at)
       SELECT new_id(), row_id, 'teacher', code, path, 'bench', now() FROM bench_place""",
)


async def naive(db: AsyncSession, key: UUID) -> AccountOut:
    """Read the account and its grants, one after the other."""
    account = await db.get_one(Account, key)
    grants = (await db.exec(select(RoleGrant).where(RoleGrant.account_id == key))).all()
    return AccountOut.model_validate({**account.model_dump(), "grants": [grant.model_dump() for grant in grants]})


CREATION = Creation(
    PATH,
    body=lambda: {"username": uuid4().hex, "name": "Lý Thị Mai", "organisation_code": "S7"},
)
RESOURCE = Resource(
    grant="province_officer@P",
    fill=FILL,
    keys="SELECT account_id FROM account",
    read=PATH + "/{key}",
    page=PATH + "?organisation=S7",
    every=PATH,
    bare=bare(queries.ACCOUNT, "account_id"),
    bare_page=bare_page(queries.ACCOUNTS, organisation="S7"),
    naive=naive,
    out=AccountOut,
    creation=CREATION,
)
