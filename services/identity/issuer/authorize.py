"""The authorization endpoint: what a sign-in request must look like, and the code it ends in (RFC 6749, RFC 7636)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from libs.common.clock import now
from services.identity.clients import service as clients
from services.identity.issuer import pages
from services.identity.issuer.claims import USER_SCOPES
from services.identity.issuer.oauth import CHALLENGE, Refusal, digest, new_secret, redirect_allowed, with_parameters
from services.identity.issuer.tables import AuthorizationCode, LoginAttempt
from services.identity.sessions.tables import LoginSession
from services.identity.settings import IdentitySettings
from services.identity.unit import Unit


class PageRefusal(Exception):  # noqa: N818 - an answer for the person, because no address can be trusted with it
    """The request names no client or address that may be told; the person sees a page."""

    def __init__(self, texts: tuple[str, str]) -> None:
        super().__init__(texts[1])
        self.texts = texts


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in request that holds."""

    client_id: str
    redirect_uri: str
    scope: str
    challenge: str
    state: str | None
    nonce: str | None
    prompt: str
    lang: str

    def answer(self, issuer: str, **parameters: str | None) -> str:
        """Return the redirect address with the answer; `iss` tells issuers apart (RFC 9207)."""
        return with_parameters(self.redirect_uri, {**parameters, "state": self.state, "iss": issuer})


def single(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters; raises PageRefusal when one came twice (RFC 6749 section 3.1)."""
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise PageRefusal(pages.MALFORMED)
    return {name: value for name, value in parameters.items() if value}


async def read_request(db: Unit, parameters: dict[str, str]) -> tuple[SignIn, Refusal | None]:
    """Return the request, and the refusal to send to its address if a rule is broken.

    Raises PageRefusal when client or address are not registered: nothing may then be sent anywhere.
    """
    client = await clients.find_enabled(db, parameters.get("client_id", ""))
    if client is None:
        raise PageRefusal(pages.UNKNOWN_CLIENT)
    if not redirect_allowed(parameters.get("redirect_uri", ""), client.redirect_uris):
        raise PageRefusal(pages.WRONG_REDIRECT)
    asked = parameters.get("scope", "openid").split()
    sign_in = SignIn(
        client_id=client.client_id,
        redirect_uri=parameters["redirect_uri"],
        scope=" ".join(scope for scope in USER_SCOPES if scope in asked),
        challenge=parameters.get("code_challenge", ""),
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        prompt=parameters.get("prompt", ""),
        lang=pages.language(parameters.get("ui_locales")),
    )
    return sign_in, _broken_rule(parameters, asked)


async def open_attempt(db: Unit, browser: str, parameters: dict[str, str], settings: IdentitySettings) -> str:
    """Return the secret of a new login page, bound to the browser; forgets the pages that were never sent."""
    await db.session.execute(delete(LoginAttempt).where(col(LoginAttempt.expires_at) < now()))
    secret = new_secret()
    db.session.add(
        LoginAttempt(
            attempt_digest=digest(secret),
            browser_digest=digest(browser),
            request=parameters,
            expires_at=now() + timedelta(seconds=settings.login_seconds),
        )
    )
    return secret


async def find_attempt(db: Unit, secret: str, browser: str) -> LoginAttempt:
    """Return the login page that was sent; raises PageRefusal when it is over or another browser's."""
    attempt = await db.session.get(LoginAttempt, digest(secret), with_for_update=True)
    if attempt is None or attempt.expires_at <= now() or attempt.browser_digest != digest(browser):
        raise PageRefusal(pages.EXPIRED)
    return attempt


def make_code(db: Unit, sign_in: SignIn, session: LoginSession, settings: IdentitySettings) -> str:
    """Return a code for the session, to be exchanged once."""
    code = new_secret()
    db.session.add(
        AuthorizationCode(
            code_digest=digest(code),
            session_id=session.session_id,
            client_id=sign_in.client_id,
            redirect_uri=sign_in.redirect_uri,
            scope=sign_in.scope,
            challenge=sign_in.challenge,
            nonce=sign_in.nonce,
            expires_at=now() + timedelta(seconds=settings.code_seconds),
        )
    )
    session.used_at = now()
    return code


def _broken_rule(parameters: dict[str, str], scopes: list[str]) -> Refusal | None:
    if parameters.get("response_type") != "code":
        return Refusal("unsupported_response_type", "Only response_type=code is offered.")
    if parameters.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(parameters.get("code_challenge", "")):
        return Refusal("invalid_request", "PKCE with code_challenge_method=S256 is required.")
    if "openid" not in scopes or not set(scopes) <= set(USER_SCOPES):
        return Refusal("invalid_scope", "Scopes for people: openid, profile, email.")
    return None
