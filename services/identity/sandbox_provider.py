"""The provider for the sandbox issuer: the same database, so only credentials and sessions are left to keep."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.clock import now
from services.identity.accounts.tables import Account
from services.identity.clients.tables import Client
from services.identity.issuer import passwords
from services.identity.issuer.tables import AccountPassword, ClientSecret
from services.identity.provider import SessionOut
from services.identity.sessions import service as sessions
from services.identity.sessions.tables import LoginSession
from services.identity.settings import IdentitySettings
from services.identity.unit import Unit


class SandboxProvider:
    """Implements services.identity.provider.Provider."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings

    async def put_account(self, db: Unit, account: Account, grants: Sequence[str], *, disabled: bool = False) -> None:
        """Nothing to tell: the issuer reads accounts and grants where they are."""

    async def set_password(self, db: Unit, account: Account, password: str) -> None:
        """Store the hash."""
        await db.session.flush()
        stored = await db.session.get(AccountPassword, account.account_id)
        if stored is not None and await passwords.matches(stored.password_hash, password):
            return
        row = AccountPassword(account_id=account.account_id, password_hash=await passwords.make_hash(password), changed_at=now())
        await db.session.merge(row)

    async def put_client(self, db: Unit, client: Client, grants: Sequence[str]) -> UUID:  # noqa: ARG002 - the port's signature
        """Nothing to tell; the subject is the one the client was made with."""
        return client.subject

    async def set_secret(self, db: Unit, client: Client, secret: str) -> None:
        """Store the hash."""
        await db.session.flush()
        stored = await db.session.get(ClientSecret, client.client_id)
        if stored is not None and await passwords.matches(stored.secret_hash, secret):
            return
        row = ClientSecret(client_id=client.client_id, secret_hash=await passwords.make_hash(secret), changed_at=now())
        await db.session.merge(row)

    async def sessions(self, db: Unit, account_id: UUID) -> list[SessionOut]:
        """Return the rows of the living sessions."""
        return [
            SessionOut(
                session_id=row.session_id,
                started_at=row.started_at,
                used_at=row.used_at,
                expires_at=row.expires_at,
                user_agent=row.user_agent or None,
            )
            for row in await sessions.live_of_account(db, account_id, self._settings)
        ]

    async def end_session(self, db: Unit, session_id: str) -> None:
        """Mark the row."""
        row = await db.session.get(LoginSession, session_id, with_for_update=True)
        if row is not None and row.ended_at is None:
            row.ended_at, row.ended_because = now(), "revoked"
