"""A vendor's client of the gateway: client-credentials token, bounded retries where the server asks to wait, problem details as errors."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

import httpx

from libs.common.auth.oidc_client import OidcClient, SignInError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

TIMEOUT_SECONDS = 60.0
TRIES = 8
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0
TOKEN_MARGIN_SECONDS = 30.0
WAIT_STATUSES = frozenset({429, 502, 503, 504})


class WorldTarget(Protocol):
    """What a world needs of an installation."""

    @property
    def gateway_url(self) -> str:
        """Public base address of the gateway, without a slash at the end."""

    async def token(self) -> str:
        """Return an access token of the loading client that is valid for at least half a minute."""


class GatewayError(RuntimeError):
    """The platform refused a request, or did not answer in time; the text names method, path, status and detail."""

    def __init__(self, message: str, status: int | None = None, faults: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.status, self.faults = status, list(faults)


@dataclass(slots=True)
class ClientCredentials:
    """Tokens of one vendor client (RFC 6749 section 4.4), renewed half a minute before they end."""

    issuer: str
    client_id: str
    client_secret: str
    scope: str | None = None
    _token: str = ""
    _ends: float = 0.0

    async def token(self) -> str:
        """Return a valid access token. Raises GatewayError when the issuer refuses or cannot be reached."""
        if time.monotonic() > self._ends - TOKEN_MARGIN_SECONDS:
            started = time.monotonic()
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as http:
                client = OidcClient(self.issuer, http, client_id=self.client_id, client_secret=self.client_secret)
                try:
                    tokens = await client.client_credentials(self.scope)
                except (SignInError, httpx.HTTPError) as error:
                    raise GatewayError(f"no token for {self.client_id}: {error!r}") from error
            self._token, self._ends = tokens.access_token, started + tokens.expires_in
        return self._token


def _accepted(answer: httpx.Response) -> httpx.Response:
    """Return the answer, or raise what it says."""
    if answer.is_success:
        return answer
    request = answer.request
    message = f"{request.method} {request.url.path}: {answer.status_code} {_detail(answer)}"
    raise GatewayError(message, answer.status_code, _problem(answer).get("errors", []))


def _problem(answer: httpx.Response) -> dict[str, Any]:
    """Return the problem document; empty when there is none."""
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _detail(answer: httpx.Response) -> str:
    problem = _problem(answer)
    if not problem:
        return answer.text[:300]
    faults = "; ".join(f"{fault.get('pointer')}: {fault.get('en')}" for fault in problem.get("errors", [])[:5])
    words = problem.get("detail_en") or problem.get("title_en") or problem.get("error_description") or problem.get("error") or ""
    return f"{words} ({faults})" if faults else str(words)


@dataclass(slots=True)
class Gateway:
    """Requests through the gateway in the name of a vendor client; `transport` is the network unless given."""

    target: WorldTarget
    transport: httpx.AsyncBaseTransport | None = None
    http: httpx.AsyncClient = field(init=False)

    async def __aenter__(self) -> Self:
        self.http = httpx.AsyncClient(base_url=self.target.gateway_url, timeout=TIMEOUT_SECONDS, trust_env=False, transport=self.transport)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.http.aclose()

    async def find(self, path: str, params: Mapping[str, str] | None = None) -> httpx.Response | None:
        """Return the answer to a GET, or None when there is no such thing (404)."""
        try:
            return await self.send("GET", path, params=params)
        except GatewayError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the JSON answer to a GET."""
        return (await self.send("GET", path, params=params)).json()

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request; wait and repeat while the platform says "later". Raises GatewayError.

        Everything sent here may be repeated: reads, natural-key upserts, files known by their hash, posts with an Idempotency-Key.
        """
        headers = dict(options.pop("headers", {}))
        failure = ""
        for attempt in range(TRIES):
            headers["Authorization"] = f"Bearer {await self.target.token()}"
            try:
                answer = await self.http.request(method, path, headers=headers, **options)
            except httpx.TransportError as error:
                failure, wait = f"{method} {path}: {error!r}", 0.0
            else:
                if answer.status_code not in WAIT_STATUSES:
                    return _accepted(answer)
                failure, wait = f"{method} {path}: {answer.status_code} {_detail(answer)}", _asked_wait(answer)
            if attempt + 1 < TRIES:
                await asyncio.sleep(min(max(wait, FIRST_WAIT_SECONDS * 2**attempt), LONGEST_WAIT_SECONDS))
        raise GatewayError(failure)


def _asked_wait(answer: httpx.Response) -> float:
    """Return the seconds of Retry-After; none when absent or a date."""
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0
