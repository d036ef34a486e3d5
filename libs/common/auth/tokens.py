"""Access tokens: signature, issuer, audience and time, checked against the issuer's published keys."""

import asyncio
import base64
import binascii
import time
from collections import OrderedDict
from typing import Any

import httpx
import orjson
from joserfc import jwk, jws
from joserfc.errors import JoseError

from libs.common.auth.principal import Principal
from libs.common.errors import Unauthenticated, Unavailable

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")  # only asymmetric: a public key must never verify an HMAC
MAX_TOKEN_BYTES = 8192
LEEWAY_SECONDS = 5
UNKNOWN_KEY_PAUSE_SECONDS = 30.0  # a made-up key id must not make us hammer the issuer
FRESH_SECONDS = 15.0  # an issuer publishes a key this long before it signs with it, at the least
FIRST_TRY_PAUSE_SECONDS = 1.0
CACHED_TOKENS = 4096


class KeySet:
    """The issuer's keys: fetched once for all waiters, renewed behind the requests' back, the last good set kept while the issuer is away.

    An unknown key id asks again at once, but at most every 30 s.
    """

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self._url, self._http = url, http
        self._keys: dict[str, jwk.Key] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._lock = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    async def get(self, key_id: str) -> jwk.Key:
        """Return the key; raises Unauthenticated when the issuer does not know it, Unavailable when no set could ever be had."""
        if key_id not in self._keys:
            await self._ask_for(key_id)
        elif time.monotonic() - self._fetched_at > FRESH_SECONDS and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._fetch())
        if key_id in self._keys:
            return self._keys[key_id]
        if not self._keys:
            raise Unavailable(
                detail_vi="Chưa lấy được khóa của hệ thống đăng nhập.", detail_en="The issuer's keys could not be fetched yet."
            )
        raise refused("unknown key")

    async def _ask_for(self, key_id: str) -> None:
        async with self._lock:
            pause = UNKNOWN_KEY_PAUSE_SECONDS if self._keys else FIRST_TRY_PAUSE_SECONDS
            if key_id in self._keys or time.monotonic() - self._asked_at < pause:
                return
            first = not self._keys
            await self._fetch()
            if not first or not self._keys:
                self._asked_at = time.monotonic()

    async def _fetch(self) -> None:
        self._fetched_at = time.monotonic()
        try:
            answer = await self._http.get(self._url, timeout=3.0)
            answer.raise_for_status()
            published = answer.json()["keys"]
            self._keys = {key["kid"]: jwk.import_key(key) for key in published if _usable(key)} or self._keys
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError):
            return  # the last good set stays in use while the issuer is away


class TokenVerifier:
    """Turns a bearer token into a Principal; a verified token is remembered until it expires or its key is withdrawn."""

    def __init__(self, *, issuer: str, audience: str, keys: KeySet) -> None:
        self._issuer, self._audience, self._keys = issuer, audience, keys
        self._known: OrderedDict[str, tuple[str, Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Return the caller; raises Unauthenticated with the reason."""
        known = self._known.get(token)
        if known is None:
            known = self._known[token] = await self._check(token)
            if len(self._known) > CACHED_TOKENS:
                self._known.popitem(last=False)
            return known[1]
        key_id, principal = known
        await self._keys.get(key_id)
        if principal.expires_at + LEEWAY_SECONDS < time.time():
            self._known.pop(token, None)
            raise refused("expired")
        return principal

    async def _check(self, token: str) -> tuple[str, Principal]:
        header = _header(token)
        if header.get("alg") not in ALGORITHMS or "crit" in header:
            raise refused("algorithm")
        key_id = header.get("kid")
        if not isinstance(key_id, str):
            raise refused("key id missing")
        key = await self._keys.get(key_id)
        try:
            signed = jws.deserialize_compact(token, key, algorithms=list(ALGORITHMS))
            claims: dict[str, Any] = orjson.loads(signed.payload)
            self._check_claims(claims)
            return key_id, Principal.from_claims(claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise refused("signature or claims") from error

    def _check_claims(self, claims: dict[str, Any]) -> None:
        moment = time.time()
        audience = claims.get("aud", ())
        if claims.get("iss") != self._issuer:
            raise refused("issuer")
        if self._audience not in ([audience] if isinstance(audience, str) else audience):
            raise refused("audience")
        if float(claims["exp"]) + LEEWAY_SECONDS < moment:
            raise refused("expired")
        if max(float(claims.get("nbf", 0)), float(claims["iat"])) - LEEWAY_SECONDS > moment:
            raise refused("not yet valid")


def refused(reason: str) -> Unauthenticated:
    """Build the 401 answer; the reason helps a vendor's engineer and tells nothing secret."""
    return Unauthenticated(
        detail_vi="Mã truy cập không được chấp nhận.",
        detail_en=f"The access token was refused: {reason}.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _usable(key: dict[str, Any]) -> bool:
    return "kid" in key and key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_BYTES:
        raise refused("too long")
    try:
        segment = token.split(".", 1)[0]
        header = orjson.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (ValueError, binascii.Error) as error:
        raise refused("malformed") from error
    if not isinstance(header, dict):
        raise refused("malformed")
    return header
