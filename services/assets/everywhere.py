"""Norms and rules of wear are law: who answers for a part of the platform does not set them. Row security holds besides."""

from libs.common.db.write import WriteSession
from libs.common.errors import Forbidden

EVERYWHERE = "SELECT ''::ltree = ANY (scope_paths())"


async def everywhere(db: WriteSession) -> None:
    """Raise Forbidden unless the caller has the permission for the whole platform."""
    if not await db.connection.fetchval(EVERYWHERE):
        raise Forbidden(
            detail_vi="Định mức và quy tắc hao mòn do quản trị toàn hệ thống đặt.",
            detail_en="Norms and rules of wear are set by the whole platform's administration.",
        )
