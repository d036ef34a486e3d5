"""The token endpoint: a code, a refresh token or a client's secret becomes tokens (RFC 6749 sections 4.1.3, 4.4 and 6)."""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from libs.common.clock import now
from services.identity.accounts.tables import Account
from services.identity.clients import service as clients
from services.identity.clients.tables import Client, ClientKind
from services.identity.grants import service as grants
from services.identity.issuer import passwords
from services.identity.issuer.claims import ACCESS_TYPE, ID_TYPE, Subject, access_claims, id_claims
from services.identity.issuer.context import Issuer
from services.identity.issuer.oauth import Refusal, digest, new_secret, verifies
from services.identity.issuer.tables import AuthorizationCode, ClientSecret, RefreshToken
from services.identity.sessions import service as sessions
from services.identity.sessions.tables import LoginSession
from services.identity.unit import Unit

Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the client names itself; public clients have no secret."""

    client_id: str
    secret: str | None


def read_credentials(authorization: str | None, form: Form) -> Credentials:
    """Return the client's credentials from the Basic header or the form; raises Refusal when both or neither are there."""
    if authorization is None:
        return Credentials(form.get("client_id", ""), form.get("client_secret"))
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal("invalid_client", "The Authorization header is malformed.", 401) from error
    if scheme.lower() != "basic" or not colon or "client_secret" in form:
        raise Refusal("invalid_client", "Authenticate once, with Basic or in the form.", 401)
    return Credentials(unquote_plus(name), unquote_plus(secret))


async def authenticate(db: Unit, credentials: Credentials) -> Client:
    """Return the client; raises Refusal for an unknown one or a wrong secret, in the same time for both."""
    client = await clients.find_enabled(db, credentials.client_id)
    if client is not None and client.kind == ClientKind.PUBLIC and credentials.secret is None:
        return client
    stored = await db.session.get(ClientSecret, credentials.client_id)
    if not await passwords.matches(stored.secret_hash if stored else None, credentials.secret or "") or client is None:
        raise Refusal("invalid_client", "Unknown client or wrong secret.", 401)
    return client


async def answer(issuer: Issuer, db: Unit, client: Client, form: Form) -> dict[str, Any]:
    """Return the token response; raises Refusal. What a refusal has revoked by then is to be committed all the same."""
    match form.get("grant_type"):
        case "authorization_code":
            return await _exchange_code(issuer, db, client, form)
        case "refresh_token":
            return await _refresh(issuer, db, client, form)
        case "client_credentials":
            return await _own_token(issuer, db, client, form)
        case _:
            raise Refusal("unsupported_grant_type", "Offered: authorization_code, refresh_token, client_credentials.")


async def _exchange_code(issuer: Issuer, db: Unit, client: Client, form: Form) -> dict[str, Any]:
    code = await db.session.get(AuthorizationCode, digest(form.get("code", "")), with_for_update=True)
    if code is None or code.client_id != client.client_id:
        raise Refusal("invalid_grant", "The code does not hold.")
    session = await sessions.find_live(db, code.session_id, issuer.settings)
    if code.used_at is not None:
        if session is not None:
            sessions.end(db, session, "code used twice")
        raise Refusal("invalid_grant", "The code was used before; its tokens are revoked.")
    code.used_at = now()
    if session is None or code.expires_at <= now():
        raise Refusal("invalid_grant", "The code has expired.")
    if form.get("redirect_uri") != code.redirect_uri:
        raise Refusal("invalid_grant", "redirect_uri is not the one of the sign-in request.")
    if not verifies(code.challenge, form.get("code_verifier", "")):
        raise Refusal("invalid_grant", "code_verifier does not belong to the code.")
    return await _tokens(issuer, db, client, session, code.scope, code.nonce)


async def _refresh(issuer: Issuer, db: Unit, client: Client, form: Form) -> dict[str, Any]:
    token = await db.session.get(RefreshToken, digest(form.get("refresh_token", "")), with_for_update=True)
    if token is None or token.client_id != client.client_id:
        raise Refusal("invalid_grant", "The refresh token does not hold.")
    session = await sessions.find_live(db, token.session_id, issuer.settings)
    if session is None or token.expires_at <= now():
        raise Refusal("invalid_grant", "The session has ended.")
    if token.used_at is not None:
        sessions.end(db, session, "refresh token used twice")
        raise Refusal("invalid_grant", "The refresh token was used before; the session is revoked.")
    token.used_at = now()
    return await _tokens(issuer, db, client, session, token.scope, None)


async def _own_token(issuer: Issuer, db: Unit, client: Client, form: Form) -> dict[str, Any]:
    if client.kind != ClientKind.VENDOR:
        raise Refusal("unauthorized_client", "A public client has no token of its own.")
    asked = form.get("scope", "").split() or client.scopes
    if not set(asked) <= set(client.scopes):
        raise Refusal("invalid_scope", "The client has not been given: " + " ".join(sorted(set(asked) - set(client.scopes))))
    held = await grants.claims_of_client(db, client.client_id)
    about = Subject(client.subject, "service-account-" + client.client_id, client.name, held)
    scope = " ".join(sorted(asked))
    issue = issuer.issue()
    token = issuer.keys.sign(access_claims(issue, about, client.client_id, scope), ACCESS_TYPE)
    return {"access_token": token, "token_type": "Bearer", "expires_in": issue.seconds, "scope": scope}


async def _tokens(issuer: Issuer, db: Unit, client: Client, session: LoginSession, scope: str, nonce: str | None) -> dict[str, Any]:
    account = await db.session.get_one(Account, session.account_id)
    if account.disabled_at is not None:
        raise Refusal("invalid_grant", "The account is disabled.")
    about = Subject(
        subject=account.account_id,
        username=account.username,
        name=account.name,
        grants=await grants.claims_of_account(db, account.account_id),
        person_id=account.person_id,
        session_id=session.session_id,
        signed_in_at=session.started_at,
    )
    session.used_at = now()
    refresh, expires_at = new_secret(), min(session.expires_at, now() + timedelta(seconds=issuer.settings.session_idle_seconds))
    db.session.add(
        RefreshToken(
            token_digest=digest(refresh), session_id=session.session_id, client_id=client.client_id, scope=scope, expires_at=expires_at
        )
    )
    issue = issuer.issue()
    return {
        "access_token": issuer.keys.sign(access_claims(issue, about, client.client_id, scope), ACCESS_TYPE),
        "id_token": issuer.keys.sign(id_claims(issue, about, client.client_id, nonce), ID_TYPE),
        "refresh_token": refresh,
        "token_type": "Bearer",
        "expires_in": issue.seconds,
        "refresh_expires_in": int((expires_at - now()).total_seconds()),
        "scope": scope,
    }
