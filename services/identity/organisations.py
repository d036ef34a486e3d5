"""Where an organisation is in the tree, as far as the caller may know."""

from sqlalchemy import text

from libs.common.auth.principal import EVERYWHERE
from libs.common.db.write import WriteSession
from libs.common.errors import FieldError, Invalid
from services.identity.unit import Unit

PLACE = """
SELECT p.path::text FROM (SELECT ''::ltree AS path WHERE $1 = '*' UNION ALL SELECT path FROM organisation_path WHERE code = $1) p
WHERE p.path <@ ANY (scope_paths())"""
KNOWN = text("SELECT path::text FROM organisation_path WHERE code = :code")
ABOVE = text("SELECT code FROM organisation_path WHERE path @> text2ltree(:path)")


async def place_of(db: WriteSession, code: str, pointer: str) -> str:
    """Return the organisation's path; raises Invalid when the caller's scope has no such organisation. `*` is the platform, path ''."""
    path: str | None = await db.connection.fetchval(PLACE, code)
    if path is None:
        error = FieldError(
            pointer=pointer,
            code="organisation_unknown",
            vi="Không có đơn vị này trong phạm vi của bạn.",
            en="There is no such organisation in your scope.",
        )
        raise Invalid(errors=[error])
    return path


async def known_place(db: Unit, code: str) -> str:
    """Return the organisation's path, or '' (visible to the platform alone) until it arrives on the bus and the rows follow it."""
    return await db.session.scalar(KNOWN, {"code": code}) or ""


async def codes_above(db: Unit, path: str) -> set[str]:
    """Return the codes of the organisation and of all above it, `*` included."""
    return {EVERYWHERE, *(await db.session.scalars(ABOVE, {"path": path}) if path else ())}
