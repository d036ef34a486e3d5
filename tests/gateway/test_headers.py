"""What the gateway removes from, adds to and passes on with a request and its answer."""

import re
from typing import Any

import pytest

from tests.gateway.harness import Gateway
from tests.gateway.toys import Reply, echo

PATH = "/registry/v1/learners"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def arrived(gateway: Gateway, **more: Any) -> dict[str, str]:
    """Send a request and return the headers that reached the service."""
    assert gateway.get(PATH, **more).status_code == 200
    return dict(gateway.services["registry"][0].seen[-1].headers)


@pytest.mark.parametrize(
    "name",
    [
        "x-lienthong-actor",
        "X-LienThong-Scope",
        "x-envoy-internal",
        "x-envoy-retry-on",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-original-path",
        "x-forwarded-host",
        "x-forwarded-user",
        "x-forwarded-client-cert",
        "x-ratelimit-limit",
        "forwarded",
        "x-real-ip",
        "x-http-method-override",
    ],
)
def test_spoofed_header_removed(gateway: Gateway, name: str) -> None:
    """A client cannot speak for the platform."""
    assert arrived(gateway, headers={name: "spoof"}).get(name.lower()) != "spoof"


def test_forwarded_for_is_the_peer(gateway: Gateway) -> None:
    """The client's claim about its own address is dropped (of a loopback peer Envoy names the machine's own address)."""
    headers = arrived(gateway, headers={"x-forwarded-for": "10.9.8.7", "x-forwarded-proto": "https"})
    assert "10.9.8.7" not in headers["x-forwarded-for"]
    assert "," not in headers["x-forwarded-for"]
    assert headers["x-forwarded-proto"] == "http"


def test_underscore_refused(gateway: Gateway) -> None:
    """A header that other servers would read as a platform header is refused."""
    assert gateway.get(PATH, headers={"x_lienthong_actor": "spoof"}).status_code == 400


def test_request_id_made(gateway: Gateway) -> None:
    """A request without an id gets one, which the service and the client both see."""
    answer = gateway.get(PATH)
    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert gateway.services["registry"][0].seen[0].header("x-request-id") == answer.headers["x-request-id"]


def test_request_id_kept(gateway: Gateway) -> None:
    """A request's own id is kept, also on a refusal."""
    assert arrived(gateway, headers={"x-request-id": "from-client-1"})["x-request-id"] == "from-client-1"
    refused = gateway.get(PATH, token="", headers={"x-request-id": "from-client-2"})
    assert refused.headers["x-request-id"] == "from-client-2"
    assert refused.json()["request_id"] == "from-client-2"


def test_trace_passed(gateway: Gateway) -> None:
    """The trace context passes unchanged."""
    headers = arrived(gateway, headers={"traceparent": TRACE, "tracestate": "a=1"})
    assert (headers["traceparent"], headers["tracestate"]) == (TRACE, "a=1")


@pytest.mark.parametrize(("path", "token", "status"), [(PATH, None, 200), (PATH, "", 401), ("/nowhere", "", 404), ("/docs", "", 200)])
def test_security_headers(gateway: Gateway, path: str, token: str | None, status: int) -> None:
    """Every answer carries the security headers, Envoy's own too; no version is told, and no HSTS without TLS."""
    answer = gateway.get(path, token=token)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["server"] == "lienthong"
    assert "strict-transport-security" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("x-envoy")]


def test_page_keeps_its_content_policy(gateway: Gateway) -> None:
    """A page that sets its own content policy keeps it."""
    toy = gateway.services["gateway-pages"][0]
    toy.script = lambda _: Reply(headers={"content-security-policy": "default-src 'self'"})
    try:
        assert gateway.get("/docs", token="").headers["content-security-policy"] == "default-src 'self'"
    finally:
        toy.script = echo


def test_preflight_of_known_origin(gateway: Gateway) -> None:
    """A browser of an allowed origin may ask first, without a token."""
    answer = gateway.client.options(
        PATH,
        headers={
            "origin": "https://app.lienthong.test",
            "access-control-request-method": "PATCH",
            "access-control-request-headers": "authorization,if-match",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.lienthong.test"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "if-match" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    assert gateway.services["registry"][0].seen == []


def test_preflight_of_unknown_origin(gateway: Gateway) -> None:
    """A browser of another origin gets no permission."""
    answer = gateway.client.options(PATH, headers={"origin": "https://evil.test", "access-control-request-method": "GET"})
    assert "access-control-allow-origin" not in answer.headers
    assert gateway.services["registry"][0].seen == []


@pytest.mark.parametrize(("token", "status"), [(None, 200), ("", 401)])
def test_cors_headers_on_answers(gateway: Gateway, token: str | None, status: int) -> None:
    """A browser may read answers and refusals alike, with the headers it needs."""
    answer = gateway.get(PATH, token=token, headers={"origin": "https://app.lienthong.test"})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "https://app.lienthong.test"
    assert "etag" in answer.headers["access-control-expose-headers"]
