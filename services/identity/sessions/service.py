"""Opening, finding and ending sessions of the sandbox issuer, and telling every service about the end of one."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from libs.common.clock import now
from libs.common.ids import new_id
from services.identity.accounts.tables import Account
from services.identity.sessions.events import SessionRevoked
from services.identity.sessions.tables import LoginSession
from services.identity.settings import IdentitySettings
from services.identity.unit import Unit

USER_AGENT_LENGTH = 200


def is_live(session: LoginSession, moment: datetime, idle_seconds: int) -> bool:
    """Tell whether the session still carries: not ended, not over, and used lately."""
    return session.ended_at is None and moment < min(session.expires_at, session.used_at + timedelta(seconds=idle_seconds))


async def open_session(db: Unit, account: Account, cookie_digest: str, user_agent: str, settings: IdentitySettings) -> LoginSession:
    """Return a new session of the account."""
    session = LoginSession(
        session_id=str(new_id()),
        account_id=account.account_id,
        organisation_code=account.organisation_code,
        organisation_path=account.organisation_path,
        cookie_digest=cookie_digest,
        user_agent=user_agent[:USER_AGENT_LENGTH],
        expires_at=now() + timedelta(seconds=settings.session_seconds),
    )
    db.session.add(session)
    await db.session.flush()
    return session


async def find_live(db: Unit, session_id: str, settings: IdentitySettings) -> LoginSession | None:
    """Return the session, locked, if it is alive."""
    session = await db.session.get(LoginSession, session_id, with_for_update=True)
    return session if session and is_live(session, now(), settings.session_idle_seconds) else None


async def find_by_cookie(db: Unit, cookie_digest: str, settings: IdentitySettings) -> LoginSession | None:
    """Return the living session that a browser holds the secret of."""
    session = await db.session.scalar(select(LoginSession).where(col(LoginSession.cookie_digest) == cookie_digest))
    return session if session and is_live(session, now(), settings.session_idle_seconds) else None


async def live_of_account(db: Unit, account_id: UUID, settings: IdentitySettings) -> Sequence[LoginSession]:
    """Return the account's living sessions, the newest first."""
    found = await db.session.scalars(
        select(LoginSession)
        .where(col(LoginSession.account_id) == account_id, col(LoginSession.ended_at).is_(None))
        .order_by(col(LoginSession.started_at).desc())
    )
    moment = now()
    return [session for session in found if is_live(session, moment, settings.session_idle_seconds)]


def end(db: Unit, session: LoginSession, because: str) -> None:
    """End the session and tell every service; ending it again changes nothing."""
    if session.ended_at is not None:
        return
    session.ended_at, session.ended_because = now(), because
    announce_session(db, session.session_id, session.account_id)


def announce_session(db: Unit, session_id: str, account_id: UUID | None) -> None:
    """Tell every service to refuse the session's tokens from now on."""
    db.record(SessionRevoked(session_id=session_id, account_id=account_id, revoked_at=now()))


def announce_account(db: Unit, account_id: UUID) -> None:
    """Tell every service to refuse all tokens issued to the account until now; a token's `iat` counts whole seconds."""
    moment = now()
    db.record(SessionRevoked(session_id=None, account_id=account_id, revoked_at=moment, not_before=math.ceil(moment.timestamp())))
