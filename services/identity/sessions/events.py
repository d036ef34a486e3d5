"""Revocation, told to every service: its deny list refuses the session, or all earlier tokens of the account."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import IDENTITY_SESSION, Topic


class SessionRevoked(Event):
    """With `session_id` that session has ended; without it every token of the account issued before `not_before` (epoch seconds) has."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.session.revoked.v1"
    TOPIC: ClassVar[Topic] = IDENTITY_SESSION

    session_id: str | None
    account_id: UUID | None
    revoked_at: datetime
    not_before: float | None = None

    @property
    def key(self) -> str:
        """The session, or the account whose sessions all ended."""
        return self.session_id or str(self.account_id)

    @property
    def sequence(self) -> int:
        """Milliseconds of the revocation: a session ends once, an account's later revocation has the greater number."""
        return int(self.revoked_at.timestamp() * 1000)
