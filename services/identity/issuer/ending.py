"""The ways out: token revocation (RFC 7009) and logout started by the application (OpenID Connect RP-Initiated Logout 1.0)."""

from services.identity.clients import service as clients
from services.identity.clients.tables import Client
from services.identity.issuer.context import Issuer
from services.identity.issuer.oauth import Refusal, digest, redirect_allowed, with_parameters
from services.identity.issuer.tables import RefreshToken
from services.identity.sessions import service as sessions
from services.identity.sessions.tables import LoginSession
from services.identity.unit import Unit


async def revoke_token(issuer: Issuer, db: Unit, client: Client, token: str) -> None:
    """End the session of the token, if it is the client's; an unknown token is no error (RFC 7009 section 2.2).

    Raises Refusal for a client's own access token: it has no session, and dies within five minutes.
    """
    row = await db.session.get(RefreshToken, digest(token))
    claims = (issuer.keys.read(token) or {}) if row is None else {"azp": row.client_id, "sid": row.session_id}
    if claims.get("azp") != client.client_id:
        return
    if "sid" not in claims:
        raise Refusal("unsupported_token_type", "A client's own access token lives five minutes and is not revoked.")
    session = await sessions.find_live(db, str(claims["sid"]), issuer.settings)
    if session is not None:
        sessions.end(db, session, "token revoked")


async def hinted_session(issuer: Issuer, db: Unit, id_token_hint: str) -> tuple[LoginSession | None, str | None]:
    """Return the living session and the client that an ID token of ours names; an expired one still names them."""
    claims = issuer.keys.read(id_token_hint) or {}
    if claims.get("iss") != issuer.url or "sid" not in claims:
        return None, None
    return await sessions.find_live(db, str(claims["sid"]), issuer.settings), str(claims.get("azp"))


async def way_back(db: Unit, client_id: str | None, target: str | None, state: str | None) -> str | None:
    """Return the address to go to after logout, None unless it is registered for the client."""
    client = await clients.find_enabled(db, client_id or "")
    if client is None or not target or not redirect_allowed(target, client.logout_uris):
        return None
    return with_parameters(target, {"state": state})
