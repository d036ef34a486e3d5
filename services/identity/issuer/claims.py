"""What the tokens say; the same claims as the mappers of realm.yaml make Keycloak say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.ids import new_id

ACCESS_TYPE = "at+jwt"  # RFC 9068
ID_TYPE = "JWT"
LOGOUT_TYPE = "logout+jwt"  # OpenID Connect Back-Channel Logout 1.0 section 2.4
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
USER_SCOPES = ("openid", "profile", "email")


@dataclass(frozen=True, slots=True)
class Issue:
    """What all tokens of one answer share; `seconds` is their life."""

    issuer: str
    audience: str
    moment: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the tokens are about; `session_id` is None for a client that acts for itself."""

    subject: UUID
    username: str
    name: str
    grants: list[str]
    person_id: UUID | None = None
    session_id: str | None = None
    signed_in_at: datetime | None = None


def access_claims(issue: Issue, about: Subject, client_id: str, scope: str) -> dict[str, Any]:
    """Return the claims of an access token."""
    claims = _times(issue) | {
        "sub": str(about.subject),
        "aud": issue.audience,
        "azp": client_id,
        "client_id": client_id,
        "scope": scope,
        "grants": about.grants,
        "preferred_username": about.username,
        "name": about.name,
    }
    return claims | _optional(sid=about.session_id, person_id=str(about.person_id) if about.person_id else None)


def id_claims(issue: Issue, about: Subject, client_id: str, nonce: str | None) -> dict[str, Any]:
    """Return the claims of an ID token: for the client alone, no access in it."""
    claims = _times(issue) | {
        "sub": str(about.subject),
        "aud": client_id,
        "azp": client_id,
        "name": about.name,
        "preferred_username": about.username,
    }
    signed_in = int(about.signed_in_at.timestamp()) if about.signed_in_at else None
    return claims | _optional(sid=about.session_id, nonce=nonce, auth_time=signed_in)


def logout_claims(issue: Issue, subject: str, client_id: str, session_id: str) -> dict[str, Any]:
    """Return the claims of a logout token."""
    return _times(issue) | {"sub": subject, "aud": client_id, "sid": session_id, "events": {LOGOUT_EVENT: {}}}


def _times(issue: Issue) -> dict[str, Any]:
    issued = int(issue.moment.timestamp())
    return {"iss": issue.issuer, "iat": issued, "exp": issued + issue.seconds, "jti": str(new_id())}


def _optional(**claims: object) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}
