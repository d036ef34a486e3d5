"""Every token that must be refused, and the keys behind those that must not: rotation, an issuer that is away, many waiters at once."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey

from libs.common.auth import tokens
from libs.common.auth.revocation import DenyList, Revocation
from libs.common.auth.tokens import KeySet, TokenVerifier
from libs.common.errors import Unauthenticated, Unavailable
from tests.support.tokens import AUDIENCE, Issuer, issuing, new_key


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    with issuing() as running:
        yield running


@pytest_asyncio.fixture
async def verifier(own_issuer: Issuer) -> AsyncIterator[TokenVerifier]:
    async with httpx.AsyncClient() as http:
        yield TokenVerifier(issuer=own_issuer.url, audience=AUDIENCE, keys=KeySet(own_issuer.jwks_url, http))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned(issuer: Issuer) -> str:
    return _part({"alg": "none", "kid": issuer.keys[0].kid}) + "." + _part(issuer.claims("teacher@A")) + "."


def _hmac_with_public_key(issuer: Issuer) -> str:
    signed = _part({"alg": "HS256", "kid": issuer.keys[0].kid}) + "." + _part(issuer.claims("teacher@A"))
    mac = hmac.new(issuer.keys[0].as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return signed + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _tampered(issuer: Issuer) -> str:
    head, _, signature = issuer.token("guardian@A").split(".")
    return ".".join((head, _part(issuer.claims("platform_admin@*")), signature))


def _without_key_id(issuer: Issuer) -> str:
    head, body, signature = issuer.token("teacher@A").split(".")
    del head
    return ".".join((_part({"alg": "RS256"}), body, signature))


BAD: dict[str, Callable[[Issuer], str]] = {
    "alg none": _unsigned,
    "HS256 with the public key": _hmac_with_public_key,
    "tampered claims": _tampered,
    "no key id": _without_key_id,
    "wrong issuer": lambda issuer: issuer.token(iss="http://elsewhere"),
    "wrong audience": lambda issuer: issuer.token(aud="another"),
    "no audience": lambda issuer: issuer.token(aud=None),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 60),
    "never expires": lambda issuer: issuer.token(exp=None),
    "not yet valid": lambda issuer: issuer.token(nbf=int(time.time()) + 60),
    "issued in the future": lambda issuer: issuer.token(iat=int(time.time()) + 600, exp=int(time.time()) + 900),
    "unknown key": lambda issuer: issuer.sign(issuer.claims(), new_key()),
    "oversize": lambda issuer: issuer.token(*["teacher@A" + "B" * 100] * 100),
    "malformed grant": lambda issuer: issuer.token("teacher"),
    "no token at all": lambda _: "nonsense",
    "empty": lambda _: "",
    "header is a list": lambda _: base64.urlsafe_b64encode(b"[]").decode() + ".x.y",
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_token_is_refused(verifier: TokenVerifier, own_issuer: Issuer, kind: str) -> None:
    await verifier.verify(own_issuer.token("teacher@A"))
    with pytest.raises(Unauthenticated):
        await verifier.verify(BAD[kind](own_issuer))


async def test_a_good_token_names_the_caller(verifier: TokenVerifier, own_issuer: Issuer) -> None:
    claims = own_issuer.claims("school_admin@A", "teacher@B", scope="openid", preferred_username="an")
    principal = await verifier.verify(own_issuer.sign(claims))
    assert principal.account_id == claims["sub"]
    reach = principal.reach("registry.learner.read")
    assert reach is not None
    assert reach.organisation_codes == ("A",)
    assert principal.reach("registry.organisation.close") is None


async def test_a_remembered_token_still_expires(verifier: TokenVerifier, own_issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    token = own_issuer.token()
    await verifier.verify(token)
    later = time.time() + 400
    monkeypatch.setattr("libs.common.auth.tokens.time.time", lambda: later)
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


async def test_a_remembered_token_ends_with_its_key(verifier: TokenVerifier, own_issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    token = own_issuer.token()
    await verifier.verify(token)
    own_issuer.keys[:] = [new_key()]  # the old one was stolen, say
    monkeypatch.setattr(tokens, "FRESH_SECONDS", 0.0)
    fetched = own_issuer.fetches
    await verifier.verify(token)  # ordinary traffic renews the set
    await _fetched_again(own_issuer, fetched)
    with pytest.raises(Unauthenticated, match="unknown key"):
        await verifier.verify(token)


async def test_many_waiters_fetch_the_keys_once(verifier: TokenVerifier, own_issuer: Issuer) -> None:
    await asyncio.gather(*(verifier.verify(own_issuer.token()) for _ in range(50)))
    assert own_issuer.fetches == 1


async def test_a_rotated_key_is_learnt_at_once(verifier: TokenVerifier, own_issuer: Issuer) -> None:
    old = own_issuer.token()
    await verifier.verify(old)
    own_issuer.keys.append(new_key())
    await verifier.verify(own_issuer.token())
    await verifier.verify(own_issuer.sign(own_issuer.claims(), own_issuer.keys[0]))


async def test_unknown_keys_do_not_make_us_hammer_the_issuer(verifier: TokenVerifier, own_issuer: Issuer) -> None:
    await verifier.verify(own_issuer.token())
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(own_issuer.sign(own_issuer.claims(), RSAKey.generate_key(2048, {"kid": "unknown"})))
    assert own_issuer.fetches == 2  # the first set, and one look for the unknown key


async def test_made_up_keys_do_not_keep_out_a_published_one(
    verifier: TokenVerifier, own_issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "FRESH_SECONDS", 0.0)
    await verifier.verify(own_issuer.token())
    with pytest.raises(Unauthenticated):
        await verifier.verify(own_issuer.sign(own_issuer.claims(), RSAKey.generate_key(2048, {"kid": "unknown"})))
    own_issuer.keys.insert(0, new_key())  # published, not signing yet
    fetched = own_issuer.fetches
    await verifier.verify(own_issuer.token())  # ordinary traffic renews the set
    await _fetched_again(own_issuer, fetched)
    await verifier.verify(own_issuer.sign(own_issuer.claims(), own_issuer.keys[0]))


async def _fetched_again(issuer: Issuer, before: int) -> None:
    for _ in range(500):
        if issuer.fetches > before:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # from the answer to the new set


async def test_while_the_issuer_is_away_valid_tokens_go_on(
    verifier: TokenVerifier, own_issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.verify(own_issuer.token())
    own_issuer.down = True
    monkeypatch.setattr(tokens, "FRESH_SECONDS", 0.0)
    await verifier.verify(own_issuer.token())
    await _fetched_again(own_issuer, 1)
    await verifier.verify(own_issuer.token())


async def test_without_any_key_the_answer_is_503_not_401(verifier: TokenVerifier, own_issuer: Issuer) -> None:
    own_issuer.down = True
    with pytest.raises(Unavailable) as raised:
        await verifier.verify(own_issuer.token())
    assert raised.value.headers["Retry-After"]


async def test_a_revoked_session_and_account_are_refused(verifier: TokenVerifier, own_issuer: Issuer) -> None:
    deny_list = DenyList()
    principal = await verifier.verify(own_issuer.token())
    other = await verifier.verify(own_issuer.token())
    deny_list.check(principal)
    deny_list.apply(Revocation(session_id=principal.session_id))
    with pytest.raises(Unauthenticated):
        deny_list.check(principal)
    deny_list.check(other)
    deny_list.apply(Revocation(account_id=other.account_id, not_before=time.time() + 1))
    with pytest.raises(Unauthenticated):
        deny_list.check(other)
    deny_list.check(await verifier.verify(own_issuer.token(sub=other.account_id, iat=int(time.time()) + 4)))
