"""OAuth 2 vocabulary of the issuer: refusals, PKCE and the comparison of redirect addresses."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Refusal(Exception):  # noqa: N818 - RFC 6749 calls it an error response; it is raised to leave a grant early
    """An OAuth error response (RFC 6749 section 5.2): a code for programs and a sentence for people."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


def new_secret() -> str:
    """Return 256 random bits, safe in addresses and forms."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a random secret: its SHA-256. Only for secrets of full entropy, never for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def verifies(challenge: str, verifier: str) -> bool:
    """Tell whether the PKCE verifier belongs to the S256 challenge (RFC 7636 section 4.6)."""
    if not VERIFIER.fullmatch(verifier):
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(made, challenge)


def redirect_allowed(address: str, registered: Iterable[str]) -> bool:
    """Tell whether the address is registered: equal as text, except the port of a loopback address (RFC 8252 section 7.3)."""
    return any(address == known or _same_but_loopback_port(address, known) for known in registered)


def with_parameters(address: str, parameters: dict[str, str | None]) -> str:
    """Return the address with the parameters that have a value added to its query."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *((k, v) for k, v in parameters.items() if v is not None)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _same_but_loopback_port(address: str, known: str) -> bool:
    try:
        given, wanted = urlsplit(address), urlsplit(known)
        if wanted.hostname not in LOOPBACK or given.port == 0:
            return False
    except ValueError:
        return False
    if given.username is not None or given.password is not None or given.fragment:
        return False
    return (given.scheme, given.hostname, given.path, given.query) == (wanted.scheme, wanted.hostname, wanted.path, wanted.query)
