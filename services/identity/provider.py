"""The port to whoever signs people in: the sandbox issuer on one machine, Keycloak everywhere else.

The identity database owns accounts, grants and clients; a provider is told the wanted state, any number of times.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel

from services.identity.accounts.tables import Account
from services.identity.clients.tables import Client
from services.identity.unit import Unit


class SessionOut(BaseModel):
    """A living sign-in of an account."""

    session_id: str
    started_at: datetime
    used_at: datetime
    expires_at: datetime | None
    user_agent: str | None


class Provider(Protocol):
    """What the service asks of a login provider. Every method may raise Unavailable; repeating one changes nothing more."""

    async def put_account(self, db: Unit, account: Account, grants: Sequence[str], *, disabled: bool = False) -> None:
        """Make the account known with its name, person, grants and state."""

    async def set_password(self, db: Unit, account: Account, password: str) -> None:
        """Give the account a password that the policy has accepted."""

    async def put_client(self, db: Unit, client: Client, grants: Sequence[str]) -> UUID:
        """Make the client known with its scopes and grants; returns the `sub` of its own tokens."""

    async def set_secret(self, db: Unit, client: Client, secret: str) -> None:
        """Give the client a new secret; the old one ends at once."""

    async def sessions(self, db: Unit, account_id: UUID) -> list[SessionOut]:
        """Return the account's living sessions, the newest first."""

    async def end_session(self, db: Unit, session_id: str) -> None:
        """End a session, so that it cannot be refreshed; an unknown one is no error."""


def the_provider(request: Request) -> Provider:
    """Return the provider of this process."""
    provider: Provider = request.app.state.provider
    return provider


HereProvider = Annotated[Provider, Depends(the_provider)]
