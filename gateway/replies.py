"""Answers that Envoy gives itself, as RFC 9457 problem details in Vietnamese and English."""

from typing import Any

from libs.common import errors

Config = dict[str, Any]


class GatewayTimeout(errors.Problem):
    """The service did not answer in time; the request may or may not have taken effect."""

    slug = "gateway-timeout"
    status = 504
    title_vi = "Dịch vụ không trả lời kịp"
    title_en = "The service did not answer in time"


class HeadersTooLarge(errors.Problem):
    """The request headers are over the limit."""

    slug = "headers-too-large"
    status = 431
    title_vi = "Tiêu đề yêu cầu quá lớn"
    title_en = "Request headers too large"


class RequestTimeout(errors.Problem):
    """The client did not finish sending its request in time."""

    slug = "request-timeout"
    status = 408
    title_vi = "Yêu cầu gửi quá chậm"
    title_en = "The request took too long to arrive"


# What the caller can do about it; the title is the sentence where nothing is to be added.
DETAILS: dict[int, tuple[type[errors.Problem], str, str]] = {
    400: (errors.BadRequest, "Cổng không đọc được yêu cầu này.", "The gateway could not read this request."),
    401: (
        errors.Unauthenticated,
        "Hãy gửi mã truy cập còn hiệu lực trong tiêu đề Authorization: Bearer.",
        "Send a valid access token in the header Authorization: Bearer.",
    ),
    404: (
        errors.NotFound,
        "Không có dịch vụ nào ở địa chỉ này; xem /docs.",
        "Nothing is published at this address; see /docs.",
    ),
    408: (RequestTimeout, "Hãy gửi lại yêu cầu.", "Please send the request again."),
    413: (errors.TooLarge, "Nội dung vượt quá giới hạn của thao tác này.", "The body is over the limit of this operation."),
    429: (
        errors.TooManyRequests,
        "Hãy chờ số giây trong tiêu đề Retry-After rồi gửi lại.",
        "Wait the seconds named in Retry-After, then try again.",
    ),
    431: (HeadersTooLarge, "Tổng các tiêu đề vượt quá giới hạn.", "The headers together are over the limit."),
    503: (
        errors.Unavailable,
        "Dịch vụ phía sau cổng chưa sẵn sàng. Hãy thử lại sau giây lát.",
        "The service behind the gateway is not ready. Try again in a moment.",
    ),
    504: (
        GatewayTimeout,
        "Không rõ yêu cầu đã có hiệu lực hay chưa: hãy gửi lại với cùng Idempotency-Key.",
        "Whether the request took effect is unknown: repeat it with the same Idempotency-Key.",
    ),
}
# Envoy's own answers with these codes mean another one to the caller: the form check of the token answers 403, a broken upstream 502.
SAME_AS = {403: 401, 502: 503}
JWT_FILTER = "envoy.filters.http.jwt_authn"
REFUSAL = "refusal"
UNAUTHENTICATED = 401
UNAVAILABLE = 503
RETRY_AFTER_SECONDS = "2"


def problem_format(status: int) -> Config:
    """Return the body of one status as Envoy's JSON format; a refused token has the technical reason besides."""
    kind, detail_vi, detail_en = DETAILS[status]
    reason = {"reason": f"%DYNAMIC_METADATA({JWT_FILTER}:{REFUSAL}:message)%"} if status == UNAUTHENTICATED else {}
    return {
        "json_format": {
            "type": errors.TYPE_PREFIX + kind.slug,
            "title": kind.title_vi,
            "title_en": kind.title_en,
            "status": status,
            "detail": detail_vi,
            "detail_en": detail_en,
            "request_id": "%REQ(X-REQUEST-ID)%",
            "errors": [],
            **reason,
        },
        "content_type": errors.MEDIA_TYPE,
    }


def is_status(code: int, key: str) -> Config:
    """Return the filter for one status of Envoy's own answers."""
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": {"default_value": code, "runtime_key": key}}}}


def mapper(condition: Config, status: int) -> Config:
    """Return how an answer that meets the condition leaves the gateway as `status`."""
    mapped: Config = {"filter": condition, "status_code": status, "body_format_override": problem_format(status)}
    if status == UNAVAILABLE:
        mapped["headers_to_add"] = [
            {"header": {"key": "retry-after", "value": RETRY_AFTER_SECONDS}, "append_action": "ADD_IF_ABSENT"},
        ]
    return mapped


def without_keys() -> Config:
    """Return the condition that a token could not be judged because no key set was ever fetched: not the caller's fault."""
    failed = {
        "matcher": {
            "filter": JWT_FILTER,
            "path": [{"key": REFUSAL}, {"key": "message"}],
            "value": {"string_match": {"exact": "Jwks remote fetch is failed"}},
        },
        "match_if_key_not_found": False,
    }
    return {"and_filter": {"filters": [is_status(UNAUTHENTICATED, "gateway.reply.without_keys"), {"metadata_filter": failed}]}}


def local_replies() -> Config:
    """Return the whole mapping of Envoy's own answers; the first condition that holds decides."""
    codes = {**{code: code for code in DETAILS}, **SAME_AS}
    general = [mapper(is_status(code, f"gateway.reply.{code}"), status) for code, status in sorted(codes.items())]
    return {"mappers": [mapper(without_keys(), UNAVAILABLE), *general]}


def known_problems() -> list[Config]:
    """Return every problem that the gateway can answer, as the contracts list theirs."""
    kinds = {kind for kind, _, _ in DETAILS.values()} | {errors.MethodNotAllowed}
    return [
        {"type": errors.TYPE_PREFIX + kind.slug, "status": kind.status, "title": kind.title_vi, "title_en": kind.title_en}
        for kind in sorted(kinds, key=lambda kind: kind.slug)
    ]
