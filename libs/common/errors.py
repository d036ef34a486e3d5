"""Every error a caller can meet, as RFC 9457 problem details in Vietnamese and English.

Problem
├── Unauthenticated 401 · Forbidden 403 · NotFound 404 · MethodNotAllowed 405
├── BadRequest 400 ── CursorMismatch
├── Conflict 409 · PreconditionFailed 412 · PreconditionRequired 428
├── TooLarge 413 · UnsupportedMedia 415 · Invalid 422 ── IdempotencyMismatch
└── TooManyRequests 429 · Internal 500 · Unavailable 503
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:lienthong:problem:"


class FieldError(BaseModel):
    """One fault in the input: where (JSON pointer or parameter), which rule, and what to do, in both languages."""

    pointer: str
    code: str
    vi: str
    en: str


class ProblemOut(BaseModel):
    """The body of every error answer."""

    type: str
    title: str
    title_en: str
    status: int
    detail: str
    detail_en: str
    request_id: str | None = None
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818 - the field's term (RFC 9457) is "problem"; subclasses are named by the fact
    """Base of all errors that are answered to a caller; a subclass fixes slug, status and both titles."""

    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title_vi: ClassVar[str] = "Lỗi hệ thống"
    title_en: ClassVar[str] = "Internal error"

    def __init__(
        self,
        *,
        detail_vi: str = "",
        detail_en: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail_en or self.title_en)
        self.detail_vi = detail_vi or self.title_vi
        self.detail_en = detail_en or self.title_en
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self, request_id: str | None = None) -> bytes:
        """Return the problem document as JSON bytes."""
        return (
            ProblemOut(
                type=TYPE_PREFIX + self.slug,
                title=self.title_vi,
                title_en=self.title_en,
                status=self.status,
                detail=self.detail_vi,
                detail_en=self.detail_en,
                request_id=request_id,
                errors=self.errors,
            )
            .model_dump_json(exclude_none=True)
            .encode()
        )


class BadRequest(Problem):
    """The request cannot be understood."""

    slug = "bad-request"
    status = 400
    title_vi = "Yêu cầu không hợp lệ"
    title_en = "Bad request"


class CursorMismatch(BadRequest):
    """A page cursor was used with another filter or order than it was made for, or was altered."""

    slug = "cursor-mismatch"
    title_vi = "Con trỏ trang không khớp với bộ lọc"
    title_en = "The page cursor does not belong to this filter and order"


class Unauthenticated(Problem):
    """No token, or one that does not hold."""

    slug = "unauthenticated"
    status = 401
    title_vi = "Chưa đăng nhập hoặc phiên đã hết hạn"
    title_en = "Not signed in, or the token does not hold"


class Forbidden(Problem):
    """The caller is known but lacks the permission."""

    slug = "forbidden"
    status = 403
    title_vi = "Không có quyền thực hiện"
    title_en = "Permission missing"


class NotFound(Problem):
    """Nothing here that the caller may know of."""

    slug = "not-found"
    status = 404
    title_vi = "Không tìm thấy"
    title_en = "Not found"


class MethodNotAllowed(Problem):
    """The path exists, the method does not."""

    slug = "method-not-allowed"
    status = 405
    title_vi = "Phương thức không được hỗ trợ"
    title_en = "Method not allowed"


class Conflict(Problem):
    """The payload is fine, the present state does not allow it."""

    slug = "conflict"
    status = 409
    title_vi = "Xung đột với trạng thái hiện tại"
    title_en = "Conflict with the present state"


class PreconditionFailed(Problem):
    """If-Match names a version that is no longer the current one."""

    slug = "precondition-failed"
    status = 412
    title_vi = "Bản ghi đã được thay đổi bởi người khác"
    title_en = "The record has changed since it was read"


class TooLarge(Problem):
    """The body is over the limit."""

    slug = "too-large"
    status = 413
    title_vi = "Nội dung quá lớn"
    title_en = "Body too large"


class UnsupportedMedia(Problem):
    """The content type is not accepted here."""

    slug = "unsupported-media-type"
    status = 415
    title_vi = "Kiểu nội dung không được hỗ trợ"
    title_en = "Unsupported media type"


class Invalid(Problem):
    """The payload breaks a rule; `errors` says which, field by field."""

    slug = "invalid"
    status = 422
    title_vi = "Dữ liệu không hợp lệ"
    title_en = "Invalid data"


class IdempotencyMismatch(Invalid):
    """An Idempotency-Key came back with another body."""

    slug = "idempotency-mismatch"
    title_vi = "Khóa chống lặp đã dùng cho một nội dung khác"
    title_en = "The Idempotency-Key was used with another body"


class PreconditionRequired(Problem):
    """A change needs If-Match."""

    slug = "precondition-required"
    status = 428
    title_vi = "Thiếu tiêu đề If-Match"
    title_en = "If-Match is required"


class TooManyRequests(Problem):
    """The caller is over its rate."""

    slug = "too-many-requests"
    status = 429
    title_vi = "Quá nhiều yêu cầu"
    title_en = "Too many requests"


class Internal(Problem):
    """Our fault; nothing was changed."""

    slug = "internal"
    status = 500
    title_vi = "Lỗi hệ thống, không có gì bị thay đổi"
    title_en = "Internal error, nothing was changed"


class Unavailable(Problem):
    """An engine behind the service is away for the moment."""

    slug = "unavailable"
    status = 503
    title_vi = "Hệ thống tạm thời gián đoạn, xin thử lại"
    title_en = "Temporarily unavailable, please try again"

    def __init__(self, *, detail_vi: str = "", detail_en: str = "", retry_after_seconds: int = 2) -> None:
        super().__init__(detail_vi=detail_vi, detail_en=detail_en, headers={"Retry-After": str(retry_after_seconds)})


PRODUCT = ("libs", "services", "gateway")


def catalogue() -> dict[str, type[Problem]]:
    """Return every problem of the product that this process knows, by its slug."""
    found: dict[str, type[Problem]] = {}
    pending: list[type[Problem]] = [Problem]
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        if kind is not Problem and kind.__module__.partition(".")[0] in PRODUCT:
            found[kind.slug] = kind
    return dict(sorted(found.items()))
