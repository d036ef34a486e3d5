"""Signing keys: the next one is published long before it signs, the last one until its tokens are dead, so rotation refuses nobody."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import now
from services.identity.issuer.tables import SigningKey
from services.identity.settings import IdentitySettings

ALGORITHM = "RS256"
KEY_BITS = 2048
CACHE_SECONDS = 1.0
VERIFIERS_LEEWAY = timedelta(seconds=60)


def signing(keys: Sequence[SigningKey], moment: datetime) -> SigningKey | None:
    """Return the key that signs at the moment: the newest whose time has come."""
    ready = [key for key in keys if key.signs_from <= moment]
    return max(ready, key=lambda key: key.signs_from, default=None)


def published(keys: Sequence[SigningKey], moment: datetime, token_life: timedelta) -> list[SigningKey]:
    """Return the keys of the JWKS: the coming ones, the signing one, and those whose last tokens may still be alive."""
    ordered = sorted(keys, key=lambda key: key.signs_from)
    ends = [later.signs_from for later in ordered[1:]]
    kept = [key for key, end in zip(ordered, ends, strict=False) if moment < end + token_life + VERIFIERS_LEEWAY]
    return [*kept, *ordered[-1:]]


def next_is_due(keys: Sequence[SigningKey], moment: datetime, settings: IdentitySettings) -> bool:
    """Tell whether it is time to publish the key that follows the newest one."""
    newest = max(keys, key=lambda key: key.signs_from, default=None)
    return newest is None or newest.signs_from + timedelta(seconds=settings.key_seconds - settings.key_ahead_seconds) <= moment


async def rotate(session: AsyncSession, settings: IdentitySettings, *, forced: bool = False) -> list[SigningKey]:
    """Return all keys, with the next one made when it is due (or forced); it signs after the publishing time. One process at a time."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("signing_key"))))
    keys = list(await session.scalars(select(SigningKey)))
    if forced or next_is_due(keys, now(), settings):
        ahead = settings.key_ahead_seconds if keys else 0
        key = await asyncio.to_thread(jwk.RSAKey.generate_key, KEY_BITS, {"alg": ALGORITHM, "use": "sig"}, private=True, auto_kid=True)
        row = SigningKey(key_id=str(key.kid), jwk=dict(key.as_dict(private=True)), signs_from=now() + timedelta(seconds=ahead))
        session.add(row)
        await session.flush()
        keys.append(row)
    return keys


class KeyRing:
    """The keys of this process, read again after a second so that all processes follow one rotation."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings
        self._rows: list[SigningKey] = []
        self._keys: dict[str, jwk.Key] = {}
        self._read_at = float("-inf")

    @property
    def is_fresh(self) -> bool:
        """Whether the copy was read within the last second."""
        return time.monotonic() - self._read_at < CACHE_SECONDS

    async def load(self, session: AsyncSession) -> None:
        """Read the keys, and make the next one when it is due."""
        rows = list(await session.scalars(select(SigningKey)))
        if next_is_due(rows, now(), self._settings):
            rows = await rotate(session, self._settings)
        self._keys = {row.key_id: self._keys.get(row.key_id) or jwk.import_key(row.jwk) for row in rows}
        self._rows, self._read_at = rows, time.monotonic()

    def jwks(self) -> dict[str, Any]:
        """Return the published keys, public parts only."""
        life = timedelta(seconds=self._settings.access_token_seconds)
        return {"keys": [self._keys[row.key_id].as_dict(private=False) for row in published(self._rows, now(), life)]}

    def sign(self, claims: dict[str, Any], token_type: str) -> str:
        """Return the claims as a signed token; `load` must have run in this request."""
        row = signing(self._rows, now())
        if row is None:
            raise LookupError("no signing key")
        return jwt.encode({"alg": ALGORITHM, "kid": row.key_id, "typ": token_type}, claims, self._keys[row.key_id])

    def read(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token that was signed here, however old; None for any other text."""
        try:
            return dict(jwt.decode(token, jwk.KeySet(list(self._keys.values())), algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError, TypeError):
            return None
