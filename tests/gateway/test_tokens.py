"""Which tokens pass the gateway."""

import base64
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.gateway.contracts import BOTH
from tests.gateway.harness import Gateway, Issuer, eventually, free_port, run
from tests.gateway.toys import Reply

PATH = "/registry/v1/learners"
FETCHED = "http.public.jwt_authn.jwks_fetch_success"


def part(content: bytes) -> str:
    """Return one part of a token."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(issuer: Issuer) -> str:
    """Return a token with alg none."""
    return f"{part(json.dumps({'alg': 'none', 'kid': 'first'}).encode())}.{issuer.token().split('.')[1]}."


def confused(issuer: Issuer) -> str:
    """Return a token signed by HS256 with the public key as its secret (by hand: a good library refuses to make one)."""
    head = part(json.dumps({"alg": "HS256", "kid": "first"}).encode())
    signed = f"{head}.{issuer.token().split('.')[1]}"
    return f"{signed}.{part(hmac.digest(issuer.key.as_pem(private=False), signed.encode(), 'sha256'))}"


def altered(issuer: Issuer) -> str:
    """Return a token whose claims were changed after signing."""
    head, _, signature = issuer.token().split(".")
    return f"{head}.{issuer.token(sub='someone-else').split('.')[1]}.{signature}"


def foreign(issuer: Issuer) -> str:
    """Return a token of a key that pretends to be the known one."""
    return issuer.token(key=ECKey.generate_key("P-256", parameters={"kid": "first"}))


def unknown(issuer: Issuer) -> str:
    """Return a token with an unknown kid."""
    return issuer.token(key=ECKey.generate_key("P-256", parameters={"kid": "never-seen"}))


REFUSED: dict[str, Callable[[Issuer], str]] = {
    "none": unsigned,
    "confused": confused,
    "altered": altered,
    "foreign": foreign,
    "unknown kid": unknown,
    "issuer": lambda issuer: issuer.token(iss="http://elsewhere.test"),
    "no issuer": lambda issuer: issuer.token(iss=None),
    "audience": lambda issuer: issuer.token(aud=["another"]),
    "no audience": lambda issuer: issuer.token(aud=None),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 10),
    "no expiry": lambda issuer: issuer.token(exp=None),
    "not yet": lambda issuer: issuer.token(nbf=int(time.time()) + 60),
    "oversize": lambda issuer: issuer.token(grants=["teacher@SCHOOL"] * 600),
    "garbage": lambda _: "not.a.token",
    "missing": lambda _: "",
}


def assert_refused(answer: httpx.Response) -> None:
    """Check the problem document of a refused token."""
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:lienthong:problem:unauthenticated"
    assert body["status"] == 401
    assert body["title"]
    assert body["title_en"]
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("kind", REFUSED)
def test_refused(gateway: Gateway, kind: str) -> None:
    """Every bad token is refused before it reaches a service."""
    assert_refused(gateway.get(PATH, token=REFUSED[kind](gateway.issuer)))
    assert gateway.services["registry"][0].seen == []


def test_good(gateway: Gateway) -> None:
    """A good token passes and arrives unchanged, because the service checks it again."""
    token = gateway.issuer.token()
    assert gateway.get(PATH, token=token).status_code == 200
    assert gateway.services["registry"][0].seen[0].header("authorization") == f"Bearer {token}"


def test_repeated_header(gateway: Gateway) -> None:
    """Two Authorization headers are refused even when both are good."""
    pair = [("authorization", f"Bearer {gateway.issuer.token()}")] * 2
    assert_refused(gateway.client.get(PATH, headers=pair))
    assert gateway.services["registry"][0].seen == []


@pytest.mark.parametrize("path", ["/registry/v1/learners?access_token={token}", "/registry/v1/learners?token={token}"])
def test_token_only_in_header(gateway: Gateway, path: str) -> None:
    """A token in the query (which ends up in logs) does not count."""
    assert_refused(gateway.get(path.format(token=gateway.issuer.token()), token=""))


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/identity/oidc/.well-known/openid-configuration", "identity"),
        ("POST", "/identity/oidc/token", "identity"),
        ("POST", "/identity/v1/backchannel-logout", "identity"),
        ("GET", "/registry/v1/public/010", "registry"),
        ("HEAD", "/registry/v1/public/010", "registry"),
        ("GET", "/registry/v1/other/mixed", "registry"),
        ("GET", "/", "gateway-pages"),
        ("GET", "/docs", "gateway-pages"),
        ("GET", "/docs/registry", "gateway-pages"),
        ("GET", "/openapi.json", "gateway-pages"),
        ("GET", "/health", "gateway-pages"),
    ],
)
def test_open(gateway: Gateway, method: str, path: str, service: str) -> None:
    """What the contract declares open, and the pages, need no token."""
    assert gateway.request(method, path, token="").status_code == 200
    assert [request.target for request in gateway.services[service][0].seen] == [path]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/registry/v1/public/010"),
        ("GET", "/registry/v1/public/010/more"),
        ("GET", "/registry/v1/public/secret"),
        ("GET", "/registry/v1/learners/mixed"),
        ("GET", "/registry/v1/publicity/010"),
        ("GET", "/identity/oidc/../v1/accounts"),
        ("GET", "/identity/v1/backchannel-logout/x"),
        ("GET", "/identity/oidc"),
        ("GET", "/registry/health/live"),
        ("GET", "/registry//v1/public/../learners"),
    ],
)
def test_not_open(gateway: Gateway, method: str, path: str) -> None:
    """Nothing near an open route is open with it."""
    target = httpx.URL(str(gateway.client.base_url), raw_path=path.encode())
    assert_refused(gateway.client.request(method, target))


@pytest.mark.parametrize("path", ["/identity/oidc/%2e%2e%2fv1/accounts", "/identity/oidc/..%2fv1%2faccounts", "/identity/oidc/%5c../v1"])
def test_escaped_slashes(gateway: Gateway, path: str) -> None:
    """An escaped slash, which two parsers may read in two ways, is refused."""
    answer = gateway.client.get(httpx.URL(str(gateway.client.base_url), raw_path=path.encode()))
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:lienthong:problem:bad-request"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # RFC 9864 renames it; issuers still use the old name
@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", RSAKey.generate_key(2048, parameters={"kid": "rsa", "alg": "RS256"})),
        ("ES384", ECKey.generate_key("P-384", parameters={"kid": "ec384", "alg": "ES384"})),
        ("EdDSA", OKPKey.generate_key("Ed25519", parameters={"kid": "ed", "alg": "EdDSA"})),
    ],
)
def test_algorithms(gateway: Gateway, algorithm: str, key: RSAKey | ECKey | OKPKey) -> None:
    """Whichever asymmetric algorithm the issuer's key is for, its tokens pass."""
    gateway.issuer.published.append(key)
    token = gateway.issuer.token(key=key, header={"alg": algorithm})
    eventually(lambda: gateway.get(PATH, token=token).status_code == 200)
    gateway.issuer.published.remove(key)


def test_issuer_absent_at_start(tmp_path: Path) -> None:
    """The gateway starts without its issuer: open routes work, a token gets 503 until the keys are there."""
    with run(tmp_path, BOTH, jwks_url=f"http://127.0.0.1:{free_port()}/jwks", wait_for_keys=False) as gateway:
        assert gateway.get("/docs", token="").status_code == 200
        answer = gateway.get(PATH)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["type"] == "urn:lienthong:problem:unavailable"
        assert gateway.get(PATH, token="").status_code == 401
        gateway.reload(jwks_url=f"http://{gateway.issuer.toy.address}/jwks")
        eventually(lambda: gateway.get(PATH).status_code == 200)


def test_service_internals_stay_inside(gateway: Gateway) -> None:
    """Health and metrics of a service are not published."""
    assert gateway.get("/metrics").status_code == 404
    assert gateway.get("/health/live").status_code == 200
    assert gateway.services["registry"][0].seen == []


def test_rotation(gateway: Gateway) -> None:
    """Under load, no valid token is refused while the issuer publishes the next key, signs with it, and withdraws the old one."""
    issuer = gateway.issuer
    first = issuer.key
    successor = ECKey.generate_key("P-256", parameters={"kid": "second", "use": "sig", "alg": "ES256"})
    stop = threading.Event()

    def call() -> Counter[int]:
        answers: Counter[int] = Counter()
        while not stop.is_set():
            answers[gateway.get(PATH, token=issuer.token(sub=f"caller-{answers.total()}")).status_code] += 1
        return answers

    with ThreadPoolExecutor(2) as pool:
        callers = [pool.submit(call) for _ in range(2)]
        try:
            issuer.published.append(successor)
            next_fetches(gateway)
            issuer.key = successor
            next_fetches(gateway)
            issuer.published.remove(first)
            next_fetches(gateway)
        finally:
            stop.set()
        refused = gateway.get(PATH, token=issuer.token(key=first, jti="after")).status_code
        issuer.published[:], issuer.key = [first], first
        next_fetches(gateway)
    assert refused == 401
    assert {status for caller in callers for status in caller.result()} == {200}


def next_fetches(gateway: Gateway) -> None:
    """Wait until the gateway has certainly fetched the key set as it is now, and its workers have it."""
    fetched = gateway.stat(FETCHED)
    eventually(lambda: gateway.stat(FETCHED) >= fetched + 2)


def test_issuer_down(gateway: Gateway) -> None:
    """Valid tokens go on working while the issuer is away."""
    issuer = gateway.issuer
    issuer.toy.script, usual = (lambda _: Reply(reset=True)), issuer.toy.script
    try:
        failed = gateway.stat("http.public.jwt_authn.jwks_fetch_failed")
        eventually(lambda: gateway.stat("http.public.jwt_authn.jwks_fetch_failed") >= failed + 4)
        assert gateway.get(PATH, token=issuer.token(jti="new")).status_code == 200
    finally:
        issuer.toy.script = usual
