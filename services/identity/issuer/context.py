"""What the issuer's routes share: where it is, its keys, its lifetimes, and a unit of work without a caller's token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import now
from libs.common.db.engine import Database
from libs.common.db.write import WriteSession
from libs.common.settings import Profile
from services.identity.issuer.claims import Issue
from services.identity.issuer.keys import KeyRing
from services.identity.issuer.oauth import LOOPBACK
from services.identity.settings import IdentitySettings
from services.identity.system import system_unit


class NotASandboxError(RuntimeError):
    """The sandbox issuer was asked to run where people's real accounts are."""


@dataclass(frozen=True)
class Issuer:
    """One installation's issuer; `url` is the exact `iss`."""

    url: str
    audience: str
    database: Database
    settings: IdentitySettings
    keys: KeyRing

    @classmethod
    def open(cls, *, profile: Profile, url: str, audience: str, host: str, database: Database, settings: IdentitySettings) -> "Issuer":
        """Return the issuer; raises NotASandboxError for any other profile, and off the loopback interface."""
        if profile is not Profile.SANDBOX:
            raise NotASandboxError(f"the sandbox issuer does not run in the profile {profile}")
        if host not in LOOPBACK or urlsplit(url).hostname not in LOOPBACK:
            raise NotASandboxError("the sandbox issuer runs on the loopback interface only")
        return cls(url.rstrip("/"), audience, database, settings, KeyRing(settings))

    def cookie(self, name: str) -> str:
        """Return the cookie's name: cookies do not tell ports apart, and several installations may live side by side."""
        return f"lienthong_{name}_{urlsplit(self.url).port or 80}"

    @property
    def cookie_path(self) -> str:
        """The only path that gets the issuer's cookies."""
        return urlsplit(self.url).path or "/"

    def issue(self, seconds: int | None = None) -> Issue:
        """Return what all tokens issued now share."""
        return Issue(self.url, self.audience, now(), seconds or self.settings.access_token_seconds)

    async def load_keys(self) -> None:
        """Read the keys if the copy is old; in a transaction of its own, so that a key once cached is a key once stored."""
        if self.keys.is_fresh:
            return
        async with AsyncSession(self.database.engine, expire_on_commit=False) as session:
            await self.keys.load(session)
            await session.commit()

    @asynccontextmanager
    async def unit(self, action: str) -> AsyncIterator[WriteSession]:
        """Open a transaction over all rows; `action` is what the audit trail says. Commits unless an exception leaves it."""
        await self.load_keys()
        async with system_unit(self.database, "issuer", action) as db:
            yield db
