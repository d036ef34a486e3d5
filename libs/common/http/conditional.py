"""ETag, If-None-Match and If-Match (RFC 9110 section 13) over row versions."""

from collections.abc import Mapping

from libs.common.errors import PreconditionFailed, PreconditionRequired


def etag(version: object) -> str:
    """Return the strong entity tag of a row version."""
    return f'"{version}"'


def not_modified(if_none_match: str | None, tag: str) -> bool:
    """Tell whether the caller's copy is still the current one."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in {candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")}


def require_match(headers: Mapping[str, str], version: int) -> None:
    """Check If-Match against the locked row; raises PreconditionRequired (428) or PreconditionFailed (412)."""
    given = headers.get("if-match")
    if given is None:
        raise PreconditionRequired(
            detail_vi="Gửi lại kèm If-Match bằng ETag của lần đọc gần nhất.", detail_en="Send If-Match with the ETag of your last read."
        )
    if given.strip() != "*" and etag(version) not in {candidate.strip() for candidate in given.split(",")}:
        raise PreconditionFailed(
            detail_vi="Hãy đọc lại bản ghi rồi sửa trên bản mới nhất.", detail_en="Read the record again and change its latest version."
        )
