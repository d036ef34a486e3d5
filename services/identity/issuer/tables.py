"""What only the issuer keeps: credentials, signing keys, opened login pages, codes and refresh tokens. No organisation's data."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel import Field

from libs.common.db.columns import Table
from libs.common.db.policies import Access
from services.identity.columns import document, instant, instant_now, instant_or_none


class AccountPassword(Table, table=True):
    """Argon2id hash of an account's password."""

    __tablename__ = "account_password"
    __access__: ClassVar[Access | None] = None

    account_id: UUID = Field(primary_key=True, foreign_key="account.account_id")
    password_hash: str
    changed_at: datetime = instant_now()


class ClientSecret(Table, table=True):
    """Argon2id hash of a client's secret."""

    __tablename__ = "client_secret"
    __access__: ClassVar[Access | None] = None

    client_id: str = Field(primary_key=True, foreign_key="client.client_id")
    secret_hash: str
    changed_at: datetime = instant_now()


class SigningKey(Table, table=True):
    """Published from its creation, signs from `signs_from` until the next key does, verifies until its last token is dead."""

    __tablename__ = "signing_key"
    __access__: ClassVar[Access | None] = None

    key_id: str = Field(primary_key=True)
    jwk: dict[str, Any] = document()
    created_at: datetime = instant_now()
    signs_from: datetime = instant()


class LoginAttempt(Table, table=True):
    """An opened login page: the request it belongs to, and the browser that may send it (the CSRF defence)."""

    __tablename__ = "login_attempt"
    __access__: ClassVar[Access | None] = None

    attempt_digest: str = Field(primary_key=True)
    browser_digest: str
    request: dict[str, str] = document()
    expires_at: datetime = instant()


class AuthorizationCode(Table, table=True):
    """Kept after its use, so that a second use is recognised."""

    __tablename__ = "authorization_code"
    __access__: ClassVar[Access | None] = None

    code_digest: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="login_session.session_id")
    client_id: str = Field(foreign_key="client.client_id")
    redirect_uri: str
    scope: str
    challenge: str
    nonce: str | None = None
    expires_at: datetime = instant()
    used_at: datetime | None = instant_or_none()


class RefreshToken(Table, table=True):
    """Used once; kept after its use, so that a second use is recognised."""

    __tablename__ = "refresh_token"
    __access__: ClassVar[Access | None] = None

    token_digest: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="login_session.session_id")
    client_id: str = Field(foreign_key="client.client_id")
    scope: str
    expires_at: datetime = instant()
    used_at: datetime | None = instant_or_none()


class LoginFailure(Table, table=True):
    """Failures by name, known or not, so that a lock does not tell which names exist."""

    __tablename__ = "login_failure"
    __access__: ClassVar[Access | None] = None

    name: str = Field(primary_key=True)
    failures: int
    failed_at: datetime = instant_now()
    locked_until: datetime | None = instant_or_none()
