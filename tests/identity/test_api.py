"""Accounts, grants, clients, sessions and the caller's own page; what a login provider is asked runs against both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Protocol
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from libs.common.auth.oidc_client import OidcClient, SignInError, Tokens
from libs.common.clock import now
from libs.common.events.topics import IDENTITY_ACCOUNT
from libs.common.events.transport import connect
from libs.common.settings import Profile
from services.identity.accounts.events import AccountCreated, GrantGiven
from services.identity.main import SERVICE
from services.identity.settings import IdentitySettings
from tests.identity.conftest import free_port
from tests.identity.world import PASSWORD, PERSON, REDIRECT, VENDOR, WEB, RunningIssuer, claims_in, make_settings
from tests.support.postgres import TestDatabase
from tests.support.service import calling

ACCOUNTS, CLIENTS, ME = "/identity/v1/accounts", "/identity/v1/clients", "/identity/v1/me"


class SignedIn(Protocol):
    """Signs a person in at an issuer."""

    def __call__(self, issuer: RunningIssuer, username: str, password: str = PASSWORD) -> Awaitable["Caller"]: ...


class Caller:
    """A person in a browser of their own, calling the API."""

    def __init__(self, issuer: RunningIssuer, tokens: Tokens, http: httpx.AsyncClient) -> None:
        self.issuer, self.tokens, self._http = issuer, tokens, http

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.tokens.access_token}", **headers}
        return await self._http.request(method, self.issuer.extras["api"] + path, json=body, headers=sent)

    async def sign_out(self) -> None:
        await self.issuer.web(self._http).logout(str(self.tokens.id_token))

    async def get(self, path: str) -> Any:
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def signed_in() -> AsyncIterator[SignedIn]:
    """Return the function that signs a person in, in a browser of their own."""
    async with AsyncExitStack() as browsers:

        async def enter(issuer: RunningIssuer, username: str, password: str = PASSWORD) -> Caller:
            http = await browsers.enter_async_context(httpx.AsyncClient(timeout=30))
            return Caller(issuer, await issuer.web(http).sign_in(username, password, redirect_uri=REDIRECT), http)

        yield enter


def new_account(code: str = "LC-PD", **others: object) -> dict[str, object]:
    return {"username": f"nv.{uuid4().hex[:10]}", "name": "Nguyễn Thị Lan", "organisation_code": code, "password": PASSWORD, **others}


async def made(caller: Caller, **others: object) -> dict[str, Any]:
    answer = await caller.call("POST", ACCOUNTS, new_account(**others))  # type: ignore[arg-type]  # `code` is a str where it is given
    assert answer.status_code == 201, answer.text
    account: dict[str, Any] = answer.json()
    return account


async def refused_within(caller: Caller, seconds: float) -> bool:
    for _ in range(int(seconds / 0.1)):
        if (await caller.call("GET", ME)).status_code == 401:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_an_account_is_made_signs_in_and_is_found(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    officer = await signed_in(any_issuer, "hieu.truong")
    grants = [{"role": "teacher", "organisation_code": "LC-PD"}]
    account = await made(officer, person_id=str(PERSON), grants=grants)
    person = await signed_in(any_issuer, account["username"])
    me = await person.get(ME)
    assert me["id"] == account["account_id"]
    assert me["grants"] == [{"role": "teacher", "organisation_code": "LC-PD", "organisation_name": "LC-PD", "organisation_kind": "school"}]
    found = await officer.get(f"{ACCOUNTS}?username={account['username'].upper()}")
    assert [item["account_id"] for item in found["items"]] == [account["account_id"]]
    assert account["account_id"] in {change["key"] for change in (await officer.get(f"{ACCOUNTS}/changes?limit=500"))["items"]}


async def test_another_school_sees_nothing(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    here, there = await signed_in(any_issuer, "hieu.truong"), await signed_in(any_issuer, "hieu.truong.khac")
    account = await made(here)
    address = f"{ACCOUNTS}/{account['account_id']}"
    assert (await there.call("GET", address)).status_code == 404
    assert account["account_id"] not in {item["account_id"] for item in (await there.get(f"{ACCOUNTS}?limit=500"))["items"]}
    assert account["account_id"] not in {change["key"] for change in (await there.get(f"{ACCOUNTS}/changes?limit=500"))["items"]}
    assert (await there.call("POST", address + "/grants", {"role": "teacher", "organisation_code": "LC-BY"})).status_code == 404
    assert (await there.call("GET", address + "/sessions")).status_code == 404
    assert (await there.call("POST", ACCOUNTS, new_account("LC-PD"))).status_code == 422


async def test_without_a_token_or_the_permission_nothing_is_done(
    any_issuer: RunningIssuer, signed_in: SignedIn, http: httpx.AsyncClient
) -> None:
    officer = await signed_in(any_issuer, "hieu.truong")
    account = await made(officer, grants=[{"role": "teacher", "organisation_code": "LC-PD"}])
    teacher = await signed_in(any_issuer, account["username"])
    for method, path in (("GET", ACCOUNTS), ("POST", ACCOUNTS), ("GET", CLIENTS), ("GET", f"{ACCOUNTS}/{account['account_id']}/sessions")):
        body = new_account() if method == "POST" else None
        assert (await http.request(method, any_issuer.extras["api"] + path, json=body)).status_code == 401
        refused = await teacher.call(method, path, body)
        assert refused.status_code == 403
        assert "identity." in refused.json()["detail_en"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"password": "short"}, "/password", "password_too_short"),
        ({"grants": [{"role": "teachr", "organisation_code": "LC-PD"}]}, "/grants/0/role", "role_unknown"),
        ({"grants": [{"role": "teacher", "organisation_code": "LC-BY"}]}, "/grants/0/organisation_code", "organisation_unknown"),
        ({"grants": [{"role": "teacher", "organisation_code": "*"}]}, "/grants/0/organisation_code", "organisation_unknown"),
        ({"organisation_code": "*"}, "/organisation_code", "organisation_unknown"),
        ({"username": "a b"}, "/username", "string_pattern_mismatch"),
        ({"usrname": "x"}, "/usrname", "extra_forbidden"),
    ],
)
async def test_bad_input_is_told_field_by_field(
    sandbox: RunningIssuer, signed_in: SignedIn, change: dict[str, object], pointer: str, code: str
) -> None:
    officer = await signed_in(sandbox, "hieu.truong")
    answer = await officer.call("POST", ACCOUNTS, new_account() | change)
    assert answer.status_code == 422
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


async def test_nobody_gives_or_manages_more_than_they_hold(sandbox: RunningIssuer, signed_in: SignedIn) -> None:
    officer, admin = await signed_in(sandbox, "hieu.truong"), await signed_in(sandbox, "quan.tri")
    more = await officer.call("POST", ACCOUNTS, new_account(grants=[{"role": "commune_officer", "organisation_code": "LC-PD"}]))
    assert (more.status_code, more.json()["type"]) == (403, "urn:lienthong:problem:role-exceeds-own")
    account = await made(admin, grants=[{"role": "auditor", "organisation_code": "LC-PD"}])
    address = f"{ACCOUNTS}/{account['account_id']}"
    grant = account["grants"][0]["grant_id"]
    assert (await officer.call("DELETE", f"{address}/grants/{grant}")).status_code == 403
    province = await signed_in(sandbox, "so.gd")
    assert (await province.call("PATCH", address, {"password": "mat-khau-moi-2026"}, **{"If-Match": "*"})).status_code == 403
    assert (await province.call("POST", f"{address}/disable", **{"If-Match": "*"})).status_code == 403


async def test_a_user_name_is_taken_once(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    officer = await signed_in(any_issuer, "hieu.truong")
    account = await made(officer)
    again = await officer.call("POST", ACCOUNTS, new_account() | {"username": account["username"].upper()})
    assert (again.status_code, again.json()["type"]) == (409, "urn:lienthong:problem:username-taken")
    person = await signed_in(any_issuer, account["username"])
    assert (await person.get(ME))["id"] == account["account_id"]


async def test_a_change_needs_the_version_and_a_new_password_ends_sessions(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    officer, province = await signed_in(any_issuer, "hieu.truong"), await signed_in(any_issuer, "so.gd")
    account = await made(officer, grants=[{"role": "teacher", "organisation_code": "LC-PD"}])
    person = await signed_in(any_issuer, account["username"])
    address, change = f"{ACCOUNTS}/{account['account_id']}", {"password": "mat-khau-moi-2026", "name": "Nguyễn Thị Lan Anh"}
    assert (await province.call("PATCH", address, change)).status_code == 428
    assert (await province.call("PATCH", address, change, **{"If-Match": '"99"'})).status_code == 412
    done = await province.call("PATCH", address, change, **{"If-Match": f'"{account["version"]}"'})
    assert done.status_code == 200, done.text
    assert done.json()["name"] == "Nguyễn Thị Lan Anh"
    with pytest.raises(SignInError):
        await signed_in(any_issuer, account["username"])
    fresh = await signed_in(any_issuer, account["username"], "mat-khau-moi-2026")
    assert await refused_within(person, 5)
    assert (await fresh.get(ME))["name"] == "Nguyễn Thị Lan Anh"


async def test_a_grant_is_in_the_next_token_and_gone_from_the_one_after(
    any_issuer: RunningIssuer, signed_in: SignedIn, http: httpx.AsyncClient
) -> None:
    officer = await signed_in(any_issuer, "hieu.truong")
    account = await made(officer, grants=[{"role": "teacher", "organisation_code": "LC-PD"}])
    web = any_issuer.web(http)
    tokens = await web.sign_in(account["username"], PASSWORD, redirect_uri=REDIRECT)
    address = f"{ACCOUNTS}/{account['account_id']}/grants"
    given = await officer.call("POST", address, {"role": "clerk", "organisation_code": "LC-PD"})
    assert given.status_code == 201, given.text
    assert (await officer.call("POST", address, {"role": "clerk", "organisation_code": "LC-PD"})).status_code == 409
    tokens = await web.refresh(str(tokens.refresh_token))
    assert roles_in(tokens) == ["clerk@LC-PD", "teacher@LC-PD"]
    clerk = next(grant["grant_id"] for grant in given.json()["grants"] if grant["role"] == "clerk")
    assert (await officer.call("DELETE", f"{address}/{clerk}")).status_code == 200
    tokens = await web.refresh(str(tokens.refresh_token))
    assert roles_in(tokens) == ["teacher@LC-PD"]
    assert (await officer.call("DELETE", f"{address}/{clerk}")).status_code == 404
    teacher = next(grant["grant_id"] for grant in given.json()["grants"] if grant["role"] == "teacher")
    assert (await officer.call("DELETE", f"{address}/{teacher}?at_once=true")).status_code == 200
    with pytest.raises(SignInError):
        await web.refresh(str(tokens.refresh_token))
    assert await refused_within(Caller(any_issuer, tokens, http), 5)


async def test_a_disabled_account_is_refused_everywhere_within_five_seconds(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    officer, province = await signed_in(any_issuer, "hieu.truong"), await signed_in(any_issuer, "so.gd")
    account = await made(officer)
    person = await signed_in(any_issuer, account["username"])
    address = f"{ACCOUNTS}/{account['account_id']}"
    assert (await province.call("POST", f"{address}/disable", **{"If-Match": "*"})).status_code == 200
    assert (await province.call("POST", f"{address}/disable", **{"If-Match": "*"})).status_code == 409
    assert await refused_within(person, 5)
    with pytest.raises(SignInError):
        await signed_in(any_issuer, account["username"])
    assert (await province.call("POST", f"{address}/enable", **{"If-Match": "*"})).status_code == 200
    await asyncio.sleep(1.1)  # `iat` counts whole seconds: a token of the very second of the revocation stays refused
    again = await signed_in(any_issuer, account["username"])
    assert (await again.get(ME))["id"] == account["account_id"]


async def test_own_sessions_are_listed_and_ended(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    account = await made(await signed_in(any_issuer, "hieu.truong"))
    first, second = await signed_in(any_issuer, account["username"]), await signed_in(any_issuer, account["username"])
    listed = (await first.get(ME + "/sessions"))["items"]
    assert len(listed) == 2
    own = str(claims_in(first.tokens)["sid"])
    assert own in {session["session_id"] for session in listed}
    assert (await second.call("DELETE", f"{ME}/sessions/{own}")).status_code == 204
    assert await refused_within(first, 5)
    assert len((await second.get(ME + "/sessions"))["items"]) == 1
    other = await signed_in(any_issuer, "hieu.truong")
    assert (await other.call("DELETE", f"{ME}/sessions/{claims_in(second.tokens)['sid']}")).status_code == 404


async def test_a_sign_out_at_the_issuer_is_heard_everywhere(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    person = await signed_in(any_issuer, "so.gd")
    other = await signed_in(any_issuer, "so.gd")
    await person.sign_out()
    assert await refused_within(person, 5)
    assert (await other.call("GET", ME)).status_code == 200, "only the session that ended"


async def test_an_officer_ends_sessions_in_scope(any_issuer: RunningIssuer, signed_in: SignedIn) -> None:
    officer = await signed_in(any_issuer, "hieu.truong")
    account = await made(officer)
    person = await signed_in(any_issuer, account["username"])
    address = f"{ACCOUNTS}/{account['account_id']}/sessions"
    listed = (await officer.get(address))["items"]
    assert len(listed) == 1
    assert (await officer.call("DELETE", f"{address}/{listed[0]['session_id']}")).status_code == 204
    assert (await officer.call("DELETE", f"{address}/{listed[0]['session_id']}")).status_code == 404
    assert (await officer.call("POST", f"{address}/revoke")).status_code == 204
    assert await refused_within(person, 5)


async def test_a_vendor_client_is_admitted_works_and_loses_its_old_secret(
    any_issuer: RunningIssuer, signed_in: SignedIn, http: httpx.AsyncClient
) -> None:
    province = await signed_in(any_issuer, "so.gd")
    client_id = "vendor-" + uuid4().hex[:8]
    body = {"client_id": client_id, "name": "Phần mềm trường học", "organisation_code": "LC", "scopes": ["registry.read", "identity.read"]}
    admitted = await province.call("POST", CLIENTS, body | {"grants": [{"role": "commune_officer", "organisation_code": "LC-PD"}]})
    assert admitted.status_code == 201, admitted.text
    assert admitted.headers["cache-control"] == "no-store"
    assert (await province.call("POST", CLIENTS, body)).status_code == 409
    machine = Caller(any_issuer, await client_of(any_issuer, http, client_id, admitted.json()["secret"]).client_credentials(), http)
    assert (await machine.get(ME))["grants"][0]["organisation_code"] == "LC-PD"
    assert {item["organisation_code"] for item in (await machine.get(ACCOUNTS))["items"]} == {"LC-PD"}
    assert (await machine.call("POST", ACCOUNTS, new_account())).status_code == 403, "identity.write was not given"
    assert "secret" not in (await province.get(f"{CLIENTS}/{client_id}"))
    rotated = (await province.call("POST", f"{CLIENTS}/{client_id}/secret")).json()["secret"]
    with pytest.raises(SignInError):
        await client_of(any_issuer, http, client_id, admitted.json()["secret"]).client_credentials()
    await client_of(any_issuer, http, client_id, rotated).client_credentials()
    shut = await province.call("PATCH", f"{CLIENTS}/{client_id}", {"disabled": True}, **{"If-Match": "*"})
    assert shut.status_code == 200
    with pytest.raises(SignInError):
        await client_of(any_issuer, http, client_id, rotated).client_credentials()
    assert await refused_within(machine, 5)


async def test_a_clients_grants_and_scopes_change(any_issuer: RunningIssuer, signed_in: SignedIn, http: httpx.AsyncClient) -> None:
    province = await signed_in(any_issuer, "so.gd")
    client_id = "vendor-" + uuid4().hex[:8]
    body = {"client_id": client_id, "name": "Thử", "organisation_code": "LC", "scopes": ["registry.read"]}
    secret = (await province.call("POST", CLIENTS, body)).json()["secret"]
    given = await province.call("POST", f"{CLIENTS}/{client_id}/grants", {"role": "clerk", "organisation_code": "LC-PD"})
    assert given.status_code == 201, given.text
    await province.call("PATCH", f"{CLIENTS}/{client_id}", {"scopes": ["insight.read"]}, **{"If-Match": "*"})
    tokens = await client_of(any_issuer, http, client_id, secret).client_credentials()
    assert roles_in(tokens) == ["clerk@LC-PD"]
    assert "insight.read" in tokens.scope
    assert "registry.read" not in tokens.scope
    grant = given.json()["grants"][0]["grant_id"]
    assert (await province.call("DELETE", f"{CLIENTS}/{client_id}/grants/{grant}")).status_code == 200
    assert roles_in(await client_of(any_issuer, http, client_id, secret).client_credentials()) == []


async def test_a_provider_that_is_away_leaves_nothing_half_done(sandbox: RunningIssuer, signed_in: SignedIn, bus: TestDatabase) -> None:
    """The same database behind an API whose Keycloak does not answer."""
    settings = make_settings(
        sandbox.extras["database"], bus, issuer=sandbox.url, jwks_url=sandbox.jwks_url, port=free_port(), profile=Profile.FULL
    )
    away = IdentitySettings(keycloak_url="http://127.0.0.1:9", keycloak_admin_password=SecretStr("x"))
    officer, account = await signed_in(sandbox, "hieu.truong"), new_account()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.identity.lifespan.identity_settings", lambda: away)
        async with calling(SERVICE.app(settings)) as client:
            answer = await client.post(ACCOUNTS, json=account, headers={"Authorization": f"Bearer {officer.tokens.access_token}"})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert (await officer.get(f"{ACCOUNTS}?username={account['username']}"))["items"] == []


async def test_a_client_with_an_unknown_scope_or_too_great_a_role_is_refused(sandbox: RunningIssuer, signed_in: SignedIn) -> None:
    province = await signed_in(sandbox, "so.gd")
    body: dict[str, object] = {"client_id": "vendor-x", "name": "X", "organisation_code": "LC", "scopes": ["registry.red"]}
    wrong = (await province.call("POST", CLIENTS, body)).json()["errors"][0]
    assert (wrong["pointer"], wrong["code"]) == ("/scopes/0", "scope_unknown")
    assert "registry.read" in wrong["en"]
    body |= {"scopes": [], "grants": [{"role": "platform_admin", "organisation_code": "LC"}]}
    assert (await province.call("POST", CLIENTS, body)).status_code == 403
    assert (await province.call("GET", f"{CLIENTS}/{VENDOR}")).status_code == 200
    assert (await province.call("GET", f"{CLIENTS}/{WEB}")).status_code == 404, "the platform's own client is the platform's"


async def test_a_repeated_creation_is_one_creation(sandbox: RunningIssuer, signed_in: SignedIn) -> None:
    officer = await signed_in(sandbox, "hieu.truong")
    body, key = new_account(), {"Idempotency-Key": uuid4().hex}
    answers = [await officer.call("POST", ACCOUNTS, body, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_what_others_hear_of_accounts_names_nobody(sandbox: RunningIssuer, signed_in: SignedIn, bus: TestDatabase) -> None:
    account = await made(await signed_in(sandbox, "hieu.truong"), grants=[{"role": "teacher", "organisation_code": "LC-PD"}])
    heard = []
    transport = connect(bus.url)
    async with asyncio.timeout(5):
        async for record in transport.tail([IDENTITY_ACCOUNT.name], now() - timedelta(minutes=1)):
            if record.key == account["account_id"]:
                heard.append(record)
            if len(heard) == 2:
                break
    await transport.close()
    assert [record.header("ce_type") for record in heard] == [AccountCreated.TYPE, GrantGiven.TYPE]
    assert all(b"Lan" not in record.body and account["username"].encode() not in record.body for record in heard)


def client_of(issuer: RunningIssuer, http: httpx.AsyncClient, client_id: str, secret: str) -> OidcClient:
    return OidcClient(issuer.url, http, client_id=client_id, client_secret=secret)


def roles_in(tokens: Tokens) -> list[str]:
    """Return the grants of an access token; Keycloak leaves the claim out when there are none."""
    return sorted(claims_in(tokens).get("grants", []))
