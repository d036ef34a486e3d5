"""What only the sandbox issuer is asked: its pages, its keys, its memory, its errors."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet as VerifyingKeys
from pydantic import SecretStr

from libs.common.auth.oidc_client import OidcClient, SignInError, Tokens, challenge, read_form
from libs.common.auth.tokens import KeySet, TokenVerifier
from libs.common.db.engine import Database
from libs.common.errors import Problem
from libs.common.settings import Profile, Settings
from services.identity.bootstrap import Bootstrap, FirstAccount, load
from services.identity.issuer import command
from services.identity.issuer.upkeep import forget
from services.identity.lifespan import open_provider
from services.identity.main import SERVICE
from services.identity.settings import IdentitySettings, identity_settings
from tests.identity.conftest import free_port
from tests.identity.world import PASSWORD, REDIRECT, VENDOR, WEB, RunningIssuer, environment, make_settings
from tests.support.postgres import TestDatabase
from tests.support.service import calling
from tests.support.tokens import AUDIENCE

QUERY = {
    "response_type": "code",
    "client_id": WEB,
    "redirect_uri": REDIRECT,
    "scope": "openid",
    "state": "s",
    "code_challenge": challenge("v" * 43),
    "code_challenge_method": "S256",
}


async def login_page(sandbox: RunningIssuer, http: httpx.AsyncClient, **changes: str) -> httpx.Response:
    return await http.get(sandbox.url + "/authorize", params=QUERY | changes)


async def test_the_page_runs_no_script_and_loads_nothing(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    page = await login_page(sandbox, http)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert "src=" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in page.headers.get_list("set-cookie"))
    for name in ("username", "password"):
        assert f'<label for="{name}">' in page.text


async def test_what_a_caller_sends_is_shown_as_text(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    page = await login_page(sandbox, http, login_hint='"><script>alert(1)</script>')
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_an_error_is_told_in_both_languages(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    page = await login_page(sandbox, http)
    form = read_form(str(page.url), page.text)
    refused = await http.post(form.action, data=form.fields | {"username": "khong.co", "password": "sai-mat-khau-1"})
    assert refused.status_code == 403
    assert 'role="alert"' in refused.text
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in refused.text
    assert "Wrong user name or password." in refused.text
    assert 'value="khong.co"' in refused.text
    assert "sai-mat-khau-1" not in refused.text


async def test_another_browser_cannot_send_the_page(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    page = await login_page(sandbox, http)
    form = read_form(str(page.url), page.text)
    fields = form.fields | {"username": "hieu.truong", "password": PASSWORD}
    async with httpx.AsyncClient() as other:
        forged = await other.post(form.action, data=fields)
    assert forged.status_code == 400
    assert "location" not in forged.headers
    assert (await http.post(form.action, data=fields)).status_code == 303
    assert (await http.post(form.action, data=fields)).status_code == 400, "a page is sent once"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid registry.write"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_a_broken_request_goes_back_with_its_error(
    sandbox: RunningIssuer, http: httpx.AsyncClient, changes: dict[str, str], error: str
) -> None:
    answer = await login_page(sandbox, http, **changes)
    sent = parse_qs(httpx.URL(answer.headers["location"]).query.decode())
    assert answer.headers["location"].startswith(REDIRECT)
    assert (sent["error"], sent["state"], sent["iss"]) == ([error], ["s"], [sandbox.url])


async def test_a_repeated_parameter_or_an_unknown_client_goes_nowhere(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    twice = await http.get(sandbox.url + "/authorize", params=[*QUERY.items(), ("client_id", WEB)])
    unknown = await login_page(sandbox, http, client_id="unknown")
    assert [answer.status_code for answer in (twice, unknown)] == [400, 400]
    assert all("location" not in answer.headers for answer in (twice, unknown))


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ({"grant_type": "password", "client_id": WEB}, {}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "unknown", "client_secret": "x"}, {}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": VENDOR}, {}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, {"Authorization": "Basic ???"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_secret": "x"}, {"Authorization": "Basic c21zLXZlbmRvcjp4"}, 401, "invalid_client"),
        ({"grant_type": "authorization_code", "client_id": WEB, "code": "none"}, {}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "client_id": WEB}, {}, 400, "invalid_grant"),
    ],
)
async def test_the_token_endpoint_refuses_as_the_rfc_says(
    sandbox: RunningIssuer, http: httpx.AsyncClient, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    answer = await http.post(sandbox.url + "/token", data=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) is (status == 401)


async def test_other_bodies_are_refused(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    as_json = await http.post(sandbox.url + "/token", json={"grant_type": "client_credentials"})
    too_long = await http.post(sandbox.url + "/token", data={"grant_type": "x" * 20_000})
    assert [answer.json()["error"] for answer in (as_json, too_long)] == ["invalid_request"] * 2


async def test_logout_without_a_proof_asks_first(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = sandbox.web(http)
    tokens = await client.sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    question = await http.get(sandbox.url + "/logout")
    assert "Bạn có muốn đăng xuất" in question.text
    tokens = await client.refresh(str(tokens.refresh_token))
    form = read_form(str(question.url), question.text)
    assert "Bạn đã đăng xuất" in (await http.post(form.action, data=form.fields)).text
    with pytest.raises(SignInError):
        await client.refresh(str(tokens.refresh_token))


async def test_of_two_at_once_one_gets_the_tokens(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    client = sandbox.web(http)
    pending = await client.authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    answers = await asyncio.gather(*[client.exchange(pending) for _ in range(4)], return_exceptions=True)
    assert sorted(isinstance(answer, SignInError) for answer in answers) == [False, True, True, True]
    won = next(answer for answer in answers if isinstance(answer, Tokens))
    with pytest.raises(SignInError):
        await client.refresh(str(won.refresh_token))


async def test_the_private_keys_stay_inside(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    keys = (await http.get(sandbox.jwks_url)).json()["keys"]
    assert keys
    assert all(set(key) <= {"kty", "kid", "use", "alg", "n", "e"} for key in keys)


async def test_passwords_and_secrets_are_hashed(sandbox: RunningIssuer) -> None:
    connection = await asyncpg.connect(sandbox.extras["database"].superuser_url)
    hashes = await connection.fetch("SELECT password_hash FROM account_password UNION ALL SELECT secret_hash FROM client_secret")
    await connection.close()
    assert hashes
    assert all(row[0].startswith("$argon2id$") for row in hashes)


async def test_a_rotation_refuses_no_valid_token(sandbox: RunningIssuer, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verifier that fetched the keys before the change, and may not fetch again, accepts every token through it."""
    monkeypatch.setenv("LIENTHONG_DATABASE_URL", sandbox.extras["database"].url)
    for name in ("BUS_URL", "ISSUER", "JWKS_URL"):
        monkeypatch.setenv("LIENTHONG_" + name, "postgresql://unused")
    before = {key["kid"] for key in (await http.get(sandbox.jwks_url)).json()["keys"]}
    assert await asyncio.to_thread(command.run, ["rotate", "--ahead", "4"]) == 0
    for _ in range(30):
        if len((await http.get(sandbox.jwks_url)).json()["keys"]) > len(before):
            break
        await asyncio.sleep(0.1)
    keys = KeySet(sandbox.jwks_url, http)
    verifier = TokenVerifier(issuer=sandbox.url, audience=AUDIENCE, keys=keys)
    vendor, signed_by = sandbox.vendor(http), set[str]()
    async with asyncio.timeout(15):
        while not signed_by - before:
            token = (await vendor.client_credentials()).access_token
            await verifier.verify(token)
            signed_by.add(str(jwt.decode(token, VerifyingKeys.import_key_set((await http.get(sandbox.jwks_url)).json())).header["kid"]))
    assert signed_by & before, "the old key went on signing until the new one had been published long enough"


async def test_clients_are_told_of_a_logout(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    connection = await asyncpg.connect(sandbox.extras["database"].superuser_url)
    with listening() as (address, heard):
        await connection.execute("UPDATE client SET backchannel_logout_uri = $1 WHERE client_id = $2", address, WEB)
        tokens = await sandbox.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
        await sandbox.web(http).logout(str(tokens.id_token))
        for _ in range(100):
            if heard:
                break
            await asyncio.sleep(0.05)
        await connection.execute("UPDATE client SET backchannel_logout_uri = NULL WHERE client_id = $1", WEB)
    await connection.close()
    keys = VerifyingKeys.import_key_set((await http.get(sandbox.jwks_url)).json())
    told, session = jwt.decode(heard[0], keys), jwt.decode(tokens.access_token, keys).claims
    assert told.header["typ"] == "logout+jwt"
    assert told.claims["aud"] == WEB
    assert told.claims["sid"] == session["sid"]
    assert told.claims["sub"] == session["sub"]
    assert "nonce" not in told.claims


async def test_a_logout_token_of_the_issuer_is_obeyed_and_a_forged_one_is_not(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    address = sandbox.extras["api"] + "/identity/v1/backchannel-logout"
    tokens = await sandbox.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    for forged in ("", "a.b.c", str(tokens.id_token), tokens.access_token):
        answer = await http.post(address, data={"logout_token": forged})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    me = await http.get(sandbox.extras["api"] + "/identity/v1/me", headers={"Authorization": f"Bearer {tokens.access_token}"})
    assert me.status_code == 200


async def test_killed_and_started_again_it_knows_everyone(own_database: TestDatabase, bus: TestDatabase, http: httpx.AsyncClient) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/identity/oidc"
    settings = make_settings(own_database, bus, issuer=url, jwks_url=url + "/jwks", port=port, profile=Profile.SANDBOX)
    client = OidcClient(url, http, client_id=WEB)
    async with killed_at_the_end(settings, http):
        pending = await client.authorize("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
        tokens = await client.exchange(pending)
        page = await http.get(url + "/authorize", params=QUERY | {"prompt": "login"})
    async with killed_at_the_end(settings, http):
        keys = VerifyingKeys.import_key_set((await http.get(url + "/jwks")).json())
        assert jwt.decode(tokens.access_token, keys).claims["iss"] == url
        form = read_form(str(page.url), page.text)
        assert (await http.post(form.action, data=form.fields | {"username": "so.gd", "password": PASSWORD})).status_code == 303
        await client.refresh(str(tokens.refresh_token))
        with pytest.raises(SignInError):
            await client.exchange(pending)


async def test_outside_the_sandbox_there_is_no_issuer(identity_database: TestDatabase, bus: TestDatabase) -> None:
    settings = make_settings(identity_database, bus, issuer="http://x", jwks_url="http://127.0.0.1:9/", port=1, profile=Profile.PRODUCTION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.identity.lifespan.open_provider", lambda *_: None)
        async with calling(SERVICE.app(settings)) as client:
            for path in ("/authorize", "/jwks", "/.well-known/openid-configuration"):
                assert (await client.get("/identity/oidc" + path)).status_code == 404


async def test_bootstrap_again_changes_what_the_file_changed(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    database = Database(sandbox.extras["database"].url, pool_size=2)
    first = FirstAccount(username="Lap.Lai", password=SecretStr(PASSWORD), name="Một", grants=["teacher@LC-PD"])
    provider = open_provider(Profile.SANDBOX, identity_settings())
    await load(database, provider, Bootstrap(accounts=[first]), [])
    before = await accounts_of(database)
    await load(database, provider, Bootstrap(accounts=[first]), [])
    assert await accounts_of(database) == before, "the same file again changes nothing"
    second = first.model_copy(update={"grants": ["clerk@LC-PD"], "password": SecretStr("mat-khau-moi-2026")})
    await load(database, provider, Bootstrap(accounts=[second]), [])
    tokens = await sandbox.web(http).sign_in("lap.lai", "mat-khau-moi-2026", redirect_uri=REDIRECT)
    keys = VerifyingKeys.import_key_set((await http.get(sandbox.jwks_url)).json())
    assert jwt.decode(tokens.access_token, keys).claims["grants"] == ["clerk@LC-PD"]
    with pytest.raises(Problem, match="no role"):
        await load(database, provider, Bootstrap(accounts=[first.model_copy(update={"grants": ["king@LC"]})]), [])
    with pytest.raises(Problem, match="Invalid"):
        await load(database, provider, Bootstrap(accounts=[first.model_copy(update={"password": SecretStr("short")})]), [])
    await database.close()


async def accounts_of(database: Database) -> list[Any]:
    """Return versions and hashes as they stand."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute("SELECT open_scope('{*}', NULL, 'tests')")
        return await connection.fetch(
            "SELECT version, password_hash FROM account JOIN account_password USING (account_id) ORDER BY username"
        )


async def test_what_is_over_is_forgotten(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    tokens = await sandbox.web(http).sign_in("so.gd", PASSWORD, redirect_uri=REDIRECT)
    await login_page(sandbox, http, prompt="login")
    connection = await asyncpg.connect(sandbox.extras["database"].superuser_url)
    await connection.execute("UPDATE login_attempt SET expires_at = now() - interval '1 second'")
    sid = str(jwt.decode(tokens.access_token, VerifyingKeys.import_key_set((await http.get(sandbox.jwks_url)).json())).claims["sid"])
    await connection.execute("UPDATE login_session SET ended_at = now() - interval '31 days' WHERE session_id = $1", sid)
    database = Database(sandbox.extras["database"].url, pool_size=1)
    await forget(database)
    await database.close()
    assert await connection.fetchval("SELECT count(*) FROM login_attempt") == 0
    assert await connection.fetchval("SELECT count(*) FROM login_session WHERE session_id = $1", sid) == 0
    assert await connection.fetchval("SELECT count(*) FROM login_session") > 0
    await connection.close()


async def test_a_locked_name_is_told_so_and_opens_again(sandbox: RunningIssuer, http: httpx.AsyncClient) -> None:
    connection = await asyncpg.connect(sandbox.extras["database"].superuser_url)
    page = await login_page(sandbox, http)
    form = read_form(str(page.url), page.text)
    wrong = form.fields | {"username": "Khong.Ai", "password": "wrong-password-1"}
    answers = [await http.post(form.action, data=wrong) for _ in range(IdentitySettings().failures_before_lock + 1)]
    assert ["Sai quá nhiều lần" in answer.text for answer in answers] == [False] * 5 + [True]
    until = await connection.fetchval("SELECT locked_until FROM login_failure WHERE name = 'khong.ai'")
    assert 50 < until.timestamp() - time.time() <= 60
    await connection.execute("UPDATE login_failure SET locked_until = now() WHERE name = 'khong.ai'")
    await connection.close()
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in (await http.post(form.action, data=wrong)).text


@asynccontextmanager
async def killed_at_the_end(settings: Settings, http: httpx.AsyncClient) -> AsyncIterator[None]:
    """Run the API as a process of its own, and kill it without a warning."""
    command_line = [sys.executable, "-m", "services.identity.main", "api"]
    process = await asyncio.create_subprocess_exec(*command_line, env=environment(settings))
    try:
        for _ in range(200):
            with suppress(httpx.TransportError):
                if (await http.get(settings.jwks_url)).is_success:
                    break
            await asyncio.sleep(0.1)
        yield
    finally:
        process.kill()
        await process.wait()


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Run a client's back-channel endpoint; yields its address and the logout tokens it has got."""
    heard: list[str] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.extend(parse_qs(body)["logout_token"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep test output quiet."""

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/logout", heard
    server.shutdown()
    server.server_close()
