"""Signing in and getting tokens: one suite, both issuers."""

import asyncio
import time
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from libs.common.auth.oidc_client import DISCOVERY, OidcClient, Pending, SignInError, read_form
from libs.common.auth.tokens import KeySet as PublishedKeys
from libs.common.auth.tokens import TokenVerifier
from tests.identity.world import PASSWORD, PERSON, REDIRECT, VENDOR, WEB, RunningIssuer


async def claims_of(issuer: RunningIssuer, token: str, http: httpx.AsyncClient) -> dict[str, object]:
    """Return the claims of a token whose signature the published keys confirm."""
    keys = KeySet.import_key_set((await http.get(issuer.jwks_url)).json())
    return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


async def test_a_person_signs_in_and_the_token_says_who_and_what(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await any_issuer.web(http).sign_in("Hieu.Truong", PASSWORD, redirect_uri=REDIRECT)
    claims = await claims_of(any_issuer, tokens.access_token, http)
    audience = claims["aud"]
    assert claims["iss"] == any_issuer.url
    assert "lienthong" in ([audience] if isinstance(audience, str) else audience)  # type: ignore[operator]  # str or list, by RFC 7519
    assert claims["grants"] == ["school_admin@LC-PD"]
    assert claims["person_id"] == str(PERSON)
    assert claims["preferred_username"] == "hieu.truong"
    assert claims["name"] == "Hiệu trưởng"
    assert claims["azp"] == WEB
    assert claims["sid"]
    assert claims["jti"]
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 300
    assert len(tokens.access_token) < 8192


async def test_the_subject_is_the_account(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await any_issuer.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    me = (await http.get(any_issuer.extras["api"] + "/identity/v1/me", headers=headers)).json()
    claims = await claims_of(any_issuer, tokens.access_token, http)
    assert me["id"] == claims["sub"]
    assert [(grant["role"], grant["organisation_code"]) for grant in me["grants"]] == [("school_admin", "LC-PD")]


async def test_a_vendor_client_gets_its_scopes_and_grants_and_no_session(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await any_issuer.vendor(http).client_credentials()
    claims = await claims_of(any_issuer, tokens.access_token, http)
    assert {"registry.read", "registry.write"} <= set(str(claims["scope"]).split())
    assert claims["grants"] == ["integrator@LC"]
    assert claims["azp"] == VENDOR
    assert "sid" not in claims
    me = await http.get(any_issuer.extras["api"] + "/identity/v1/me", headers={"Authorization": f"Bearer {tokens.access_token}"})
    assert me.json()["kind"] == "client"
    assert me.json()["id"] == VENDOR


async def test_the_platforms_verifier_accepts_both_kinds(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    verifier = TokenVerifier(issuer=any_issuer.url, audience="lienthong", keys=PublishedKeys(any_issuer.jwks_url, http))
    person = await verifier.verify((await any_issuer.web(http).sign_in("so.gd", PASSWORD, redirect_uri=REDIRECT)).access_token)
    machine = await verifier.verify((await any_issuer.vendor(http).client_credentials()).access_token)
    assert not person.is_machine
    assert machine.is_machine
    assert machine.actor == f"client:{VENDOR}"


async def test_an_id_token_opens_nothing(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await any_issuer.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    answer = await http.get(any_issuer.extras["api"] + "/identity/v1/me", headers={"Authorization": f"Bearer {tokens.id_token}"})
    assert answer.status_code == 401


async def test_one_sign_in_serves_the_browsers_next_request(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    first = await client.sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    silently = MappingProxyType({"prompt": "none"})
    second = await client.exchange(await client.authorize("nobody", "nothing", redirect_uri=REDIRECT, extra=silently))
    sessions = [(await claims_of(any_issuer, tokens.access_token, http))["sid"] for tokens in (first, second)]
    assert sessions[0] == sessions[1]


async def test_nobody_signed_in_is_told_without_a_page(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    with pytest.raises(SignInError) as refusal:
        await any_issuer.web(http).authorize("x", "y", redirect_uri=REDIRECT, extra=MappingProxyType({"prompt": "none"}))
    assert refusal.value.error == "login_required"


@pytest.mark.parametrize(("username", "password"), [("hieu.truong", "wrong-password-1"), ("nobody.here", PASSWORD)])
async def test_wrong_name_or_password_is_refused_alike(
    any_issuer: RunningIssuer, http: httpx.AsyncClient, username: str, password: str
) -> None:
    with pytest.raises(SignInError) as refusal:
        await any_issuer.web(http).authorize(username, password, redirect_uri=REDIRECT)
    assert refusal.value.error == "login_failed"
    await any_issuer.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)


async def test_a_name_is_locked_after_five_failures(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    for _ in range(5):
        with pytest.raises(SignInError):
            await any_issuer.web(http).authorize("bi.khoa", "wrong-password-1", redirect_uri=REDIRECT)
    with pytest.raises(SignInError) as refusal:
        await any_issuer.web(http).authorize("bi.khoa", PASSWORD, redirect_uri=REDIRECT)
    assert refusal.value.error == "login_failed"


async def test_the_verifier_must_belong_to_the_code(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    pending = await client.authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    with pytest.raises(SignInError) as refusal:
        await client.exchange(Pending(pending.code, "v" * 64, REDIRECT))
    assert refusal.value.error == "invalid_grant"


@pytest.mark.parametrize("method", ["plain", ""])
async def test_pkce_is_required(any_issuer: RunningIssuer, http: httpx.AsyncClient, method: str) -> None:
    extra = MappingProxyType({"code_challenge_method": method} if method else {"code_challenge_method": "", "code_challenge": ""})
    with pytest.raises(SignInError) as refusal:
        await any_issuer.web(http).authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT, extra=extra)
    assert refusal.value.error in {"invalid_request", "login_failed"}


async def test_a_code_used_twice_ends_what_came_of_it(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    pending = await client.authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    tokens = await client.exchange(pending)
    with pytest.raises(SignInError) as refusal:
        await client.exchange(pending)
    assert refusal.value.error == "invalid_grant"
    with pytest.raises(SignInError):
        await client.refresh(str(tokens.refresh_token))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:54321/other", "https://evil.example/callback", "http://127.0.0.1.evil.example/callback"]
)
async def test_an_unregistered_address_gets_a_page_and_no_redirect(
    any_issuer: RunningIssuer, http: httpx.AsyncClient, address: str
) -> None:
    metadata = await any_issuer.web(http).metadata()
    query = {"response_type": "code", "client_id": WEB, "redirect_uri": address, "scope": "openid", "code_challenge_method": "S256"}
    answer = await http.get(metadata["authorization_endpoint"], params=query | {"code_challenge": "c" * 43})
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_code_belongs_to_its_address(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    pending = await client.authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    with pytest.raises(SignInError) as refusal:
        await client.exchange(Pending(pending.code, pending.verifier, "http://127.0.0.1:1/callback"))
    assert refusal.value.error == "invalid_grant"


async def test_a_wrong_secret_is_refused(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    with pytest.raises(SignInError) as refusal:
        await any_issuer.vendor(http, "not-the-secret").client_credentials()
    assert refusal.value.status == 401


async def test_a_scope_that_was_not_given_is_refused(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    with pytest.raises(SignInError) as refusal:
        await any_issuer.vendor(http).client_credentials("identity.write")
    assert refusal.value.error == "invalid_scope"


async def test_a_public_client_has_no_token_of_its_own(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    with pytest.raises(SignInError) as refusal:
        await any_issuer.web(http).client_credentials()
    assert refusal.value.error == "unauthorized_client"


async def test_a_vendor_cannot_sign_people_in(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    with pytest.raises(SignInError):
        await any_issuer.vendor(http).authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT)


async def test_refresh_tokens_rotate_and_a_second_use_ends_the_session(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    first = await client.sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    second = await client.refresh(str(first.refresh_token))
    assert second.refresh_token != first.refresh_token
    with pytest.raises(SignInError) as refusal:
        await client.refresh(str(first.refresh_token))
    assert refusal.value.error == "invalid_grant"
    with pytest.raises(SignInError):
        await client.refresh(str(second.refresh_token))


async def test_logout_ends_the_session(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    tokens = await client.sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    await client.logout(str(tokens.id_token))
    with pytest.raises(SignInError):
        await client.refresh(str(tokens.refresh_token))
    with pytest.raises(SignInError) as refusal:
        await client.authorize("x", "y", redirect_uri=REDIRECT, extra=MappingProxyType({"prompt": "none"}))
    assert refusal.value.error == "login_required"


async def test_logout_goes_back_to_a_registered_address_only(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await any_issuer.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    endpoint = (await any_issuer.web(http).metadata())["end_session_endpoint"]
    query = {"id_token_hint": str(tokens.id_token), "post_logout_redirect_uri": "https://evil.example/", "state": "s"}
    assert "evil" not in (await http.get(endpoint, params=query)).headers.get("location", "")
    query["post_logout_redirect_uri"] = "http://127.0.0.1:54321/signed-out"
    answer = await http.get(endpoint, params=query)
    assert answer.is_redirect
    assert parse_qs(urlsplit(answer.headers["location"]).query)["state"] == ["s"]


async def test_a_revoked_refresh_token_is_dead(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = any_issuer.web(http)
    tokens = await client.sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    await client.revoke(str(tokens.refresh_token))
    with pytest.raises(SignInError):
        await client.refresh(str(tokens.refresh_token))
    await client.revoke("no-token-of-anyone")


async def test_a_token_of_another_client_is_not_refreshed(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await any_issuer.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    with pytest.raises(SignInError):
        await any_issuer.vendor(http).refresh(str(tokens.refresh_token))


async def test_discovery_offers_what_a_client_needs(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    document = (await http.get(any_issuer.url + DISCOVERY)).json()
    assert document["issuer"] == any_issuer.url
    assert "S256" in document["code_challenge_methods_supported"]
    assert {"authorization_code", "refresh_token", "client_credentials"} <= set(document["grant_types_supported"])
    assert "code" in document["response_types_supported"]
    assert {"vi", "en"} <= set(document.get("ui_locales_supported", ["vi", "en"]))


async def test_the_login_page_is_vietnamese_or_english_and_plain(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    metadata = await any_issuer.web(http).metadata()
    query = {"response_type": "code", "client_id": WEB, "redirect_uri": REDIRECT, "scope": "openid", "code_challenge_method": "S256"}
    query |= {"code_challenge": "c" * 43}
    vietnamese = await http.get(metadata["authorization_endpoint"], params=query)
    english = await http.get(metadata["authorization_endpoint"], params=query | {"ui_locales": "en"})
    assert "Đăng nhập" in vietnamese.text
    assert 'lang="vi"' in vietnamese.text
    assert "Sign" in english.text or "Log in" in english.text
    assert {"username", "password"} <= set(read_form(str(vietnamese.url), vietnamese.text).fields)


async def test_a_client_refuses_an_issuer_that_speaks_for_another(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    impostor = OidcClient(any_issuer.url.replace("127.0.0.1", "localhost"), http, client_id=WEB)
    with pytest.raises((SignInError, httpx.HTTPError)):
        await impostor.metadata()


async def test_a_clients_token_expires_in_five_minutes(any_issuer: RunningIssuer, http: httpx.AsyncClient) -> None:
    # Keycloak tells whole seconds that are left when it answers: early in a second none passes between issue and answer.
    await asyncio.sleep(1 - time.time() % 1)
    tokens = await any_issuer.vendor(http).client_credentials()
    claims = await claims_of(any_issuer, tokens.access_token, http)
    assert tokens.expires_in == 300
    assert int(str(claims["exp"])) - int(str(claims["iat"])) == 300
    assert abs(int(str(claims["exp"])) - time.time() - 300) < 10
