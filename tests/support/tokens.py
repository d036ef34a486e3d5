"""A test issuer: keys of its own, published by a real HTTP server, and tokens of every kind, good and bad."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "lienthong"
LIFETIME_SECONDS = 300


class Issuer:
    """Signs tokens; `keys` are published, the last one signs."""

    def __init__(self) -> None:
        self.keys = [new_key()]
        self.url = "http://127.0.0.1:0"
        self.down = False
        self.fetches = 0

    @property
    def jwks_url(self) -> str:
        """Return the address of the published keys."""
        return self.url + "/jwks"

    def claims(self, *grants: str, **others: Any) -> dict[str, Any]:
        """Return a person's claims with these grants; a claim given as None is left out."""
        moment = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": str(uuid4()),
            "sid": str(uuid4()),
            "iat": moment,
            "exp": moment + LIFETIME_SECONDS,
            "grants": list(grants),
            "azp": "tests",
        } | others
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *grants: str, **others: Any) -> str:
        """Return a signed token."""
        return self.sign(self.claims(*grants, **others))

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        """Sign any claims."""
        signing = key or self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": signing.kid or ""}, claims, signing)

    def headers(self, *grants: str, **others: Any) -> dict[str, str]:
        """Return the Authorization header of a caller with these grants."""
        return {"Authorization": "Bearer " + self.token(*grants, **others)}


def new_key() -> RSAKey:
    """Return a fresh signing key with an id."""
    return RSAKey.generate_key(2048, {"kid": uuid4().hex, "use": "sig", "alg": "RS256"})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run a test issuer's key server on a free port."""
    issuer = Issuer()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetches += 1
            body = json.dumps({"keys": [key.as_dict(private=False) for key in issuer.keys]}).encode()
            self.send_response(503 if issuer.down else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    issuer.url = "http://127.0.0.1:" + str(server.server_address[1])
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
