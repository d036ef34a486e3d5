"""The deny list: revoked sessions and accounts, fed by the bus, forgotten once no token of theirs can be alive."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from pydantic import BaseModel, ConfigDict

from libs.common.auth.principal import Principal
from libs.common.auth.tokens import refused

TOKEN_LIFETIME_SECONDS = 300.0
REMEMBER_SECONDS = 2 * TOKEN_LIFETIME_SECONDS
log = logging.getLogger(__name__)


class Revocation(BaseModel):
    """What `vn.lienthong.identity.session.revoked.v1` says: a session, or every token of an account issued before an instant."""

    model_config = ConfigDict(extra="ignore")
    session_id: str | None = None
    account_id: str | None = None
    not_before: float | None = None


class DenyList:
    """Revocations of the last ten minutes, in memory; a token lives five."""

    def __init__(self) -> None:
        self._sessions: dict[str, float] = {}
        self._accounts: dict[str, tuple[float, float]] = {}

    def apply(self, revocation: Revocation) -> None:
        """Remember a revocation; repeated ones change nothing."""
        forget_at = time.time() + REMEMBER_SECONDS
        if revocation.session_id:
            self._sessions[revocation.session_id] = forget_at
        elif revocation.account_id:
            since = max(revocation.not_before or time.time(), self._accounts.get(revocation.account_id, (0.0, 0.0))[0])
            self._accounts[revocation.account_id] = (since, forget_at)
        self._forget()

    def check(self, principal: Principal) -> None:
        """Raise Unauthenticated when the token's session or account was revoked."""
        since, _ = self._accounts.get(principal.account_id, (float("-inf"), 0.0))
        if principal.session_id in self._sessions or principal.issued_at < since:
            raise refused("revoked")

    def _forget(self) -> None:
        moment = time.time()
        self._sessions = {key: until for key, until in self._sessions.items() if until > moment}
        self._accounts = {key: value for key, value in self._accounts.items() if value[1] > moment}


async def follow(deny_list: DenyList, bodies: Callable[[], AsyncIterator[bytes]]) -> None:
    """Feed the deny list for ever; when the bus is away, try again until it is back."""
    while True:
        try:
            async for body in bodies():
                with suppress(ValueError):  # a broken event must not stop later revocations
                    deny_list.apply(Revocation.model_validate_json(body))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.warning("revocations cannot be read, trying again", exc_info=True)
        await asyncio.sleep(1.0)
