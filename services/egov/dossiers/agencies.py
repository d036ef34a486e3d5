"""Agency codes: the first part of a dossier code names the competent agency, which for a transfer is the receiving school."""

from uuid import UUID

import asyncpg

from libs.common.db.work import UnitOfWork
from libs.common.errors import NotFound
from services.egov.dossiers.problems import AgencyCodeTaken

IN_SCOPE = """
SELECT o.organisation_id, o.path::text AS path FROM organisation_path o
WHERE o.code = $1 AND o.path <@ ANY ((SELECT scope_paths())::ltree[])"""
PUT = """
INSERT INTO agency AS a (organisation_id, agency_code, organisation_path) VALUES ($1, $2, text2ltree($3))
ON CONFLICT (organisation_id) DO UPDATE SET agency_code = excluded.agency_code, version = a.version + 1
WHERE a.agency_code <> excluded.agency_code"""


async def put(db: UnitOfWork, organisation_code: str, agency_code: str) -> UUID:
    """Give an organisation its agency code; returns the organisation. Raises NotFound or AgencyCodeTaken."""
    found = await db.connection.fetchrow(IN_SCOPE, organisation_code)
    if found is None:
        raise NotFound
    try:
        await db.connection.execute(PUT, found["organisation_id"], agency_code, found["path"])
    except asyncpg.UniqueViolationError as error:
        raise AgencyCodeTaken from error
    organisation_id: UUID = found["organisation_id"]
    return organisation_id
