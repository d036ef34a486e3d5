"""The session: one sign-in at the sandbox issuer. Keycloak keeps its own; there this table stays empty."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlmodel import Field

from libs.common.db.columns import Table, path_column
from libs.common.db.policies import Access
from services.identity.columns import instant, instant_now, instant_or_none


class LoginSession(Table, table=True):
    """`session_id` is the token's `sid`; the browser holds a secret of which only the digest is stored."""

    __tablename__ = "login_session"
    __access__: ClassVar[Access | None] = Access()

    session_id: str = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.account_id")
    organisation_code: str
    organisation_path: str = path_column()
    cookie_digest: str
    user_agent: str
    started_at: datetime = instant_now()
    used_at: datetime = instant_now()
    expires_at: datetime = instant()
    ended_at: datetime | None = instant_or_none()
    ended_because: str | None = None
