"""Reading the caller's own account or client."""

from libs.common.db.read import Document
from services.identity.me.schemas import MeOut

GRANTS = """(SELECT coalesce(json_agg(json_build_object('role', g.role, 'organisation_code', g.organisation_code,
'organisation_name', o.name, 'organisation_kind', o.kind) ORDER BY g.role, g.organisation_code), '[]')
FROM role_grant g LEFT JOIN organisation_path o ON o.code = g.organisation_code WHERE """

ACCOUNT = Document(
    MeOut,
    source="account a",
    where="a.account_id = :account_id",
    columns={
        "kind": "'account'",
        "id": "a.account_id",
        "scopes": "'[]'::json",
        "grants": GRANTS + "g.account_id = a.account_id)",
    },
)
CLIENT = Document(
    MeOut,
    source="client c",
    where="c.client_id = :client_id",
    columns={
        "kind": "'client'",
        "id": "c.client_id",
        "username": "NULL::text",
        "person_id": "NULL::uuid",
        "scopes": "to_json(c.scopes)",
        "grants": GRANTS + "g.client_id = c.client_id)",
    },
)
