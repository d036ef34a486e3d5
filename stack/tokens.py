"""Access tokens from the issuer: for a person by authorization code and PKCE through the login page, for a vendor by client credentials."""

from __future__ import annotations

import base64
import secrets
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from stack.people import demo_people

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from stack.installation import Installation

CLIENT = "lienthong-web"
REDIRECT = "http://127.0.0.1/callback"
TIMEOUT_SECONDS = 30.0


class UnknownAccountError(LookupError):
    """No demonstration account or client bears the name."""


class SignInError(RuntimeError):
    """The issuer did not give a token; the text says what it answered."""


class LoginForm(HTMLParser):
    """The first form of a page: where it goes, and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its fields."""
        given = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = given.get("action") or ""
        elif tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""


async def access_token(installation: Installation, name: str) -> str:
    """Return an access token of a demonstration account or vendor client. Raises UnknownAccountError, SignInError."""
    demo = demo_people()
    accounts = {account["username"] for account in demo["accounts"]}
    clients = {client["client_id"] for client in demo["clients"]}
    if name not in accounts | clients:
        raise UnknownAccountError(f"No demonstration account or client is called {name}; known: {', '.join(sorted(accounts | clients))}.")
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        http.event_hooks = {"response": [_loopback_is_secure(http)]}
        found = (await http.get(f"{installation.issuer}/.well-known/openid-configuration")).raise_for_status().json()
        if name in clients:
            form = {"grant_type": "client_credentials"}
            answer = await http.post(found["token_endpoint"], data=form, auth=(name, installation.secrets.client_secret(name)))
        else:
            verifier = secrets.token_urlsafe(48)
            code = await _sign_in(http, found["authorization_endpoint"], verifier, name, installation.secrets.demo_password)
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": REDIRECT,
                "client_id": CLIENT,
                "code_verifier": verifier,
            }
            answer = await http.post(found["token_endpoint"], data=form)
    if not answer.is_success:
        raise SignInError(f"The issuer refused: {answer.status_code} {answer.text[:300]}")
    return str(answer.json()["access_token"])


def _loopback_is_secure(http: httpx.AsyncClient) -> Callable[[httpx.Response], Coroutine[Any, Any, None]]:
    """Return a hook that lets Secure cookies go back over plain HTTP, as browsers do on loopback: Keycloak marks all of its cookies so."""

    async def hook(_response: httpx.Response) -> None:
        for cookie in http.cookies.jar:
            cookie.secure = False

    return hook


async def _sign_in(http: httpx.AsyncClient, endpoint: str, verifier: str, username: str, password: str) -> str:
    """Go through the login page as a browser does and return the authorization code."""
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "scope": "openid",
        "state": secrets.token_urlsafe(8),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = await http.get(endpoint, params=query, follow_redirects=True)
    form = LoginForm()
    form.feed(page.text)
    if form.action is None:
        raise SignInError(f"The issuer shows no login page: {page.status_code} {page.text[:300]}")
    target = urljoin(str(page.url), form.action)
    sent = await http.post(target, data={**form.fields, "username": username, "password": password})
    code = parse_qs(urlsplit(sent.headers.get("Location", "")).query).get("code")
    if not code:
        raise SignInError(f"The issuer did not accept {username}: {sent.status_code}")
    return str(code[0])
