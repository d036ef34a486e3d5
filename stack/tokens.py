"""Access tokens from the issuer: for a person by authorization code and PKCE through the login page, for a vendor by client credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from libs.common.auth.oidc_client import OidcClient
from stack.people import demo_people

if TYPE_CHECKING:
    from stack.installation import Installation

CLIENT = "lienthong-web"
REDIRECT = "http://127.0.0.1/callback"
TIMEOUT_SECONDS = 30.0


class UnknownAccountError(LookupError):
    """No demonstration account or client bears the name."""


async def access_token(installation: Installation, name: str) -> str:
    """Return an access token of a demonstration account or vendor client. Raises UnknownAccountError, SignInError."""
    demo = demo_people()
    accounts = {account["username"] for account in demo["accounts"]}
    clients = {client["client_id"] for client in demo["clients"]}
    if name not in accounts | clients:
        raise UnknownAccountError(f"No demonstration account or client is called {name}; known: {', '.join(sorted(accounts | clients))}.")
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        if name in clients:
            machine = OidcClient(installation.issuer, http, client_id=name, client_secret=installation.secrets.client_secret(name))
            return (await machine.client_credentials()).access_token
        browser = OidcClient(installation.issuer, http, client_id=CLIENT)
        return (await browser.sign_in(name, installation.secrets.demo_password, redirect_uri=REDIRECT)).access_token
