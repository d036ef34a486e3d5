"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0): Keycloak tells us of an ended session, we tell every service."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from starlette.responses import JSONResponse, Response

from libs.common.auth.tokens import ALGORITHMS, KeySet
from libs.common.errors import Problem
from libs.common.settings import Settings
from services.identity.sessions import service
from services.identity.system import system_unit

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_BYTES = 16_384
LEEWAY_SECONDS = 120
router = APIRouter(prefix="/identity/v1", include_in_schema=False)


class LogoutTokenError(ValueError):
    """The logout token does not hold; the sentence says why."""


@asynccontextmanager
async def knowing_issuer_keys(app: FastAPI) -> AsyncIterator[None]:
    """Hold the issuer's keys for logout tokens."""
    async with httpx.AsyncClient() as http:
        app.state.logout_keys = KeySet(settings_of(app).jwks_url, http)
        yield


def settings_of(app: FastAPI) -> Settings:
    """Return the settings that the application was made with."""
    settings: Settings = app.state.settings
    return settings


@router.post("/backchannel-logout")
async def backchannel_logout(request: Request) -> Response:
    """Refuse the tokens of the session (or of all sessions of the subject) that the logout token names."""
    headers = {"Cache-Control": "no-store"}
    try:
        claims = check_claims(await _read_token(request), settings_of(request.app).issuer, time.time())
    except (LogoutTokenError, Problem) as error:
        return JSONResponse({"error": "invalid_request", "error_description": str(error)}, 400, headers)
    async with system_unit(request.app.state.platform.database, "issuer", "identity.session.logout") as db:
        if "sid" in claims:
            service.announce_session(db, str(claims["sid"]), _uuid(claims.get("sub")))
        else:
            service.announce_account(db, UUID(str(claims["sub"])))
    return Response(status_code=200, headers=headers)


def check_claims(claims: dict[str, Any], issuer: str, moment: float) -> dict[str, Any]:
    """Return the claims of a logout token if they hold (section 2.6 there); raises LogoutTokenError."""
    issued = claims.get("iat")
    if claims.get("iss") != issuer:
        raise LogoutTokenError("another issuer")
    if LOGOUT_EVENT not in (claims.get("events") or {}) or "nonce" in claims:
        raise LogoutTokenError("not a logout token")
    if not isinstance(issued, int | float) or abs(moment - issued) > LEEWAY_SECONDS or float(claims.get("exp", moment)) < moment:
        raise LogoutTokenError("too old or from the future")
    if "sid" not in claims and _uuid(claims.get("sub")) is None:
        raise LogoutTokenError("names neither a session nor an account")
    return claims


async def _read_token(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise LogoutTokenError("too long")
    token = httpx.QueryParams(body.decode("latin-1")).get("logout_token", "")
    keys: KeySet = request.app.state.logout_keys
    try:
        header = extract_compact(token.encode()).headers()
        key = await keys.get(str(header.get("kid")))
        return dict(jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims)
    except (JoseError, ValueError) as error:
        raise LogoutTokenError("the signature does not hold") from error


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
