"""Reading accounts."""

from uuid import UUID

from libs.common.db.read import Document, Filter, Listing, Sort
from services.identity.accounts.schemas import AccountOut

GRANTS = """(SELECT coalesce(json_agg(json_build_object('grant_id', g.grant_id, 'role', g.role, 'organisation_code', g.organisation_code)
ORDER BY g.role, g.organisation_code), '[]') FROM role_grant g WHERE g.account_id = a.account_id)"""
COLUMNS = {"grants": GRANTS, "organisation_code": "a.organisation_code", "version": "a.version"}

ACCOUNT = Document(AccountOut, source="account a", where="a.account_id = :account_id", columns=COLUMNS, version="a.version")
ACCOUNTS = Listing(
    AccountOut,
    source="account a",
    key="a.account_id",
    columns=COLUMNS,
    filters={
        "username": Filter("a.username", str, "{e} = lower(:value)"),
        "organisation": Filter("a.organisation_code", str),
        "person": Filter("a.person_id", UUID),
        "role": Filter("a.account_id", str, "EXISTS (SELECT FROM role_grant g WHERE g.account_id = {e} AND g.role = :value)"),
    },
    sorts={"key": Sort("a.account_id", "uuid"), "username": "a.username"},
)
