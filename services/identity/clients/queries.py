"""Reading clients."""

from libs.common.db.read import Document, Filter, Listing
from services.identity.clients.schemas import ClientOut

GRANTS = """(SELECT coalesce(json_agg(json_build_object('grant_id', g.grant_id, 'role', g.role, 'organisation_code', g.organisation_code)
ORDER BY g.role, g.organisation_code), '[]') FROM role_grant g WHERE g.client_id = c.client_id)"""
COLUMNS = {"client_id": "c.client_id", "grants": GRANTS, "organisation_code": "c.organisation_code", "version": "c.version"}

CLIENT = Document(ClientOut, source="client c", where="c.client_id = :client_id", columns=COLUMNS, version="c.version")
CLIENTS = Listing(
    ClientOut,
    source="client c",
    key="c.client_id",
    key_type="text",
    columns=COLUMNS,
    filters={"organisation": Filter("c.organisation_code", str), "kind": Filter("c.kind", str)},
)
