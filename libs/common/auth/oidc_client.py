"""A small OpenID Connect client: signs in through an issuer's own login page, as a browser would, and asks for tokens.

It works against Keycloak and against the sandbox issuer, because it knows only the standards and one HTML form.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

DISCOVERY = "/.well-known/openid-configuration"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NO_PARAMETERS: MappingProxyType[str, str] = MappingProxyType({})


class SignInError(RuntimeError):
    """The issuer refused; `error` is the OAuth code (`login_failed` when the page came back), `status` the HTTP status."""

    def __init__(self, error: str, description: str, status: int) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.status = error, description, status


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token response; `expires_in` in seconds."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """An HTML form: where it goes and what its fields hold."""

    action: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that has its code: exchange it with the verifier."""

    code: str
    verifier: str
    redirect_uri: str


class OidcClient:
    """One client of one issuer. `http` keeps the cookies, so one instance is one browser."""

    def __init__(self, issuer: str, http: httpx.AsyncClient, *, client_id: str, client_secret: str | None = None) -> None:
        self._issuer, self._http = issuer.rstrip("/"), http
        self._client_id, self._client_secret = client_id, client_secret
        self._metadata: dict[str, Any] | None = None

    async def metadata(self) -> dict[str, Any]:
        """Return the issuer's discovery document; raises SignInError when it speaks for another issuer."""
        if self._metadata is None:
            answer = await self._http.get(self._issuer + DISCOVERY)
            answer.raise_for_status()
            document: dict[str, Any] = answer.json()
            if document.get("issuer") != self._issuer:
                raise SignInError("wrong_issuer", f"discovery names {document.get('issuer')}", answer.status_code)
            self._metadata = document
        return self._metadata

    async def client_credentials(self, scope: str | None = None) -> Tokens:
        """Return the client's own tokens; raises SignInError."""
        return await self.token({"grant_type": "client_credentials"} | ({"scope": scope} if scope else {}))

    async def sign_in(self, username: str, password: str, *, redirect_uri: str, scope: str = "openid profile") -> Tokens:
        """Return the tokens of a person who signs in with name and password; raises SignInError."""
        return await self.exchange(await self.authorize(username, password, redirect_uri=redirect_uri, scope=scope))

    async def authorize(
        self,
        username: str,
        password: str,
        *,
        redirect_uri: str,
        scope: str = "openid profile",
        extra: MappingProxyType[str, str] = NO_PARAMETERS,
    ) -> Pending:
        """Go through the login page and return the code; raises SignInError. `extra` adds or replaces request parameters."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": scope,
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **extra,
        }
        answer = await self._http.get((await self.metadata())["authorization_endpoint"], params=query, follow_redirects=False)
        if answer.status_code == httpx.codes.OK:
            self._trust_loopback()
            form = read_form(str(answer.url), answer.text)
            fields = form.fields | {"username": username, "password": password}
            answer = await self._http.post(form.action, data=fields, follow_redirects=False)
        self._trust_loopback()
        return Pending(_code(answer, redirect_uri, state), verifier, redirect_uri)

    async def exchange(self, pending: Pending) -> Tokens:
        """Return the tokens for a code; raises SignInError."""
        return await self.token(
            {
                "grant_type": "authorization_code",
                "code": pending.code,
                "redirect_uri": pending.redirect_uri,
                "code_verifier": pending.verifier,
            }
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; the given refresh token is spent. Raises SignInError."""
        return await self.token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def logout(self, id_token: str) -> None:
        """End the session of the ID token."""
        answer = await self._http.get((await self.metadata())["end_session_endpoint"], params={"id_token_hint": id_token})
        answer.raise_for_status()

    async def revoke(self, token: str) -> None:
        """Revoke a refresh token and with it the session; raises SignInError."""
        answer = await self._http.post((await self.metadata())["revocation_endpoint"], data=self._credentials() | {"token": token})
        if answer.is_error:
            raise _refused(answer)

    async def token(self, form: dict[str, str]) -> Tokens:
        """Ask the token endpoint; raises SignInError."""
        answer = await self._http.post((await self.metadata())["token_endpoint"], data=self._credentials() | form)
        if answer.is_error:
            raise _refused(answer)
        body = answer.json()
        return Tokens(
            access_token=body["access_token"],
            expires_in=int(body["expires_in"]),
            scope=body.get("scope", ""),
            refresh_token=body.get("refresh_token"),
            id_token=body.get("id_token"),
        )

    def _trust_loopback(self) -> None:
        """Send Secure cookies to the loopback interface too, as browsers do: it is a secure context."""
        if urlsplit(self._issuer).hostname in LOOPBACK:
            for cookie in self._http.cookies.jar:
                cookie.secure = False

    def _credentials(self) -> dict[str, str]:
        secret = {"client_secret": self._client_secret} if self._client_secret is not None else {}
        return {"client_id": self._client_id} | secret


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def read_form(page_address: str, html: str) -> Form:
    """Return the first form of a page; raises SignInError when there is none."""
    reader = _FormReader()
    reader.feed(html)
    if reader.action is None:
        raise SignInError("no_login_form", "the page has no form", httpx.codes.OK)
    return Form(urljoin(page_address, reader.action), reader.fields)


class _FormReader(HTMLParser):
    """Collects the first form with a password or hidden field."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and self.action is None:
            self.action, self._inside = given.get("action") or "", True
        elif tag == "input" and self._inside and given.get("name") and given.get("type") not in {"submit", "checkbox"}:
            self.fields[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def _code(answer: httpx.Response, redirect_uri: str, state: str) -> str:
    location = str(answer.headers.get("location", ""))
    if not answer.is_redirect or not location.startswith(redirect_uri):
        raise SignInError("login_failed", f"the issuer answered {answer.status_code} instead of going back", answer.status_code)
    query = parse_qs(urlsplit(location).query)
    if "error" in query:
        raise SignInError(query["error"][0], query.get("error_description", [""])[0], answer.status_code)
    if query.get("state") != [state] or "code" not in query:
        raise SignInError("wrong_state", "the answer belongs to another request", answer.status_code)
    return str(query["code"][0])


def _refused(answer: httpx.Response) -> SignInError:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    return SignInError(body.get("error", "http_error"), body.get("error_description", ""), answer.status_code)
