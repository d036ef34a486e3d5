"""Sizes, rates and times."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.gateway.contracts import BOTH
from tests.gateway.harness import Gateway, run
from tests.gateway.toys import Reply, echo

PATH = "/registry/v1/learners"
FILE = "/registry/v1/imports"
MIB = 1 << 20


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with small limits."""
    limits = {
        "client": {"requests": 5, "window_seconds": 60},
        "anonymous": {"requests": 20, "window_seconds": 2},
        "timeout_seconds": 0.4,
    }
    with run(tmp_path_factory.mktemp("limited"), BOTH, limits=limits) as gateway:
        yield gateway


def problem(answer: httpx.Response, status: int, slug: str) -> None:
    """Check an answer of the gateway itself."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (f"urn:lienthong:problem:{slug}", status)
    assert body["title"] != body["title_en"]
    assert body["detail"] != body["detail_en"]


def test_body_within(gateway: Gateway) -> None:
    """A body up to the limit passes."""
    assert gateway.request("POST", PATH, content=bytes(MIB)).json()["body"] == MIB


def test_body_over(gateway: Gateway) -> None:
    """A body over the limit is refused by its declared length."""
    problem(gateway.request("POST", PATH, content=bytes(MIB + 1)), 413, "too-large")
    assert gateway.services["registry"][0].seen == []


def chunks(total: int) -> Iterator[bytes]:
    """Yield a body without a declared length."""
    for _ in range(total // 65536):
        yield bytes(65536)


def test_chunked_body_over(gateway: Gateway) -> None:
    """A body over the limit without a declared length is cut off."""
    assert gateway.request("POST", PATH, content=chunks(MIB)).status_code == 200
    try:
        answer = gateway.request("POST", PATH, content=chunks(8 * MIB))
    except httpx.TransportError:
        return  # the answer was sent and the connection closed while the client was still writing
    problem(answer, 413, "too-large")


def test_file_body(gateway: Gateway) -> None:
    """An operation that takes a file has the larger limit, and only that one."""
    assert gateway.request("POST", FILE, content=bytes(20 * MIB)).json()["body"] == 20 * MIB
    head = f"POST {FILE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.issuer.token()}\r\nContent-Length: {65 * MIB}\r\n\r\n"
    assert raw(gateway, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_headers_over(gateway: Gateway) -> None:
    """Too many header bytes are refused."""
    problem(gateway.get(PATH, headers={"x-long": "a" * 17_000}), 431, "headers-too-large")


def test_too_many_headers(gateway: Gateway) -> None:
    """Too many headers are refused."""
    problem(gateway.get(PATH, headers={f"x-{index}": "a" for index in range(120)}), 431, "headers-too-large")


def raw(gateway: Gateway, request: bytes) -> bytes:
    """Send bytes and return the answer until the connection closes."""
    with socket.create_connection(("127.0.0.1", gateway.settings.listen.port), timeout=5) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET / HTTP/1.1\r\n\r\n",
        b"NONSENSE\r\n\r\n",
    ],
)
def test_malformed(gateway: Gateway, request_bytes: bytes) -> None:
    """What two servers could read in two ways (request smuggling) is refused."""
    assert raw(gateway, request_bytes).startswith(b"HTTP/1.1 400 ")


def test_timeout(limited: Gateway) -> None:
    """A service that does not answer in time: 504, and a change is not repeated."""
    toy = limited.services["registry"][0]
    toy.script = lambda _: Reply(delay=0.8)
    toy.seen.clear()
    try:
        problem(limited.request("POST", PATH, token=limited.issuer.token(sub="timeout")), 504, "gateway-timeout")
        assert toy.count(PATH) == 1
    finally:
        toy.script = echo


def test_rate_of_a_caller(limited: Gateway) -> None:
    """A caller over its rate gets 429 with the time to wait, and sees its limit on every answer."""
    token = limited.issuer.token(sub="rate")
    answers = [limited.get(PATH, token=token) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["x-ratelimit-limit"].startswith("5")
    assert answers[0].headers["x-ratelimit-remaining"] == "4"
    assert answers[0].headers["ratelimit"].startswith('"caller";r=4;t=')
    assert answers[0].headers["ratelimit-policy"].startswith('"caller";q=5')
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers[1:5]] == ["3", "2", "1", "0"]
    problem(answers[5], 429, "too-many-requests")
    assert 1 <= int(answers[5].headers["retry-after"]) <= 60
    assert answers[5].headers["ratelimit"].startswith('"caller";r=0;t=')


def test_rate_is_per_caller(limited: Gateway) -> None:
    """One caller's rate is not another's: neither the same user by another client, nor another user by the same client."""
    spent = limited.issuer.token(sub="one", azp="web")
    assert [limited.get(PATH, token=spent).status_code for _ in range(6)][-1] == 429
    assert limited.get(PATH, token=limited.issuer.token(sub="two", azp="web")).status_code == 200
    assert limited.get(PATH, token=limited.issuer.token(sub="one", azp="mobile")).status_code == 200
    renewed = limited.issuer.token(sub="one", azp="web", jti="renewed")
    assert limited.get(PATH, token=renewed).status_code == 429


def test_rate_of_an_address(limited: Gateway) -> None:
    """Open routes are limited by address, and the bucket fills again; a refused token never touches the caller's bucket."""
    answers = [limited.get("/docs", token="") for _ in range(25)]
    assert answers[-1].status_code == 429
    waiting = int(answers[-1].headers["retry-after"])
    assert 1 <= waiting <= 2
    end = time.monotonic() + waiting + 1
    while limited.get("/docs", token="").status_code == 429:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "ratelimit" not in limited.get(PATH, token="").headers


def test_access_log(tmp_path: Path) -> None:
    """The access log has no query, no account, no whole address and no token."""
    with run(tmp_path, BOTH) as gateway:
        token = gateway.issuer.token(sub="person-77", name="Nguyen Van A")
        assert gateway.get(PATH, token=token, params={"name": "Secret Name"}, headers={"x-request-id": "logged"}).status_code == 200
        log = tmp_path / "envoy" / "access.log"
        end = time.monotonic() + 5
        while "logged" not in log.read_text(encoding="utf-8"):
            assert time.monotonic() < end
            time.sleep(0.05)
    line = next(line for line in log.read_text(encoding="utf-8").splitlines() if '"logged"' in line)
    assert '"path":"/registry/v1/learners"' in line
    assert '"client":"vendor"' in line
    for private in ("Secret", "person-77", "Nguyen", token, "127.0.0.1/32", "?"):
        assert private not in line
