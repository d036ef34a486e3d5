"""The realm as code against a real Keycloak."""

import json
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from keycloak import KeycloakAdmin
from pydantic import SecretStr, ValidationError

from libs.common.auth.oidc_client import OidcClient
from libs.common.db.engine import Database
from services.identity.realm import command
from services.identity.realm.document import Realm, read_realm
from services.identity.realm.plan import Found, differences
from services.identity.realm.server import RealmError, RealmServer, administrator
from services.identity.settings import IdentitySettings
from services.identity.sync import push_all
from tests.identity.world import PASSWORD, REDIRECT, VENDOR, RunningIssuer, claims_in

REALM = read_realm(IdentitySettings().realm_file, "http://127.0.0.1:8101")


@pytest.fixture
def realm() -> Realm:
    return REALM.model_copy(update={"realm": "test-" + token_hex(4)})


@pytest.fixture
def applied(keycloak_settings: IdentitySettings, realm: Realm) -> Iterator[tuple[RealmServer, KeycloakAdmin]]:
    admin = administrator(keycloak_settings, realm.realm)
    server = RealmServer(admin, realm)
    server.apply()
    yield server, admin
    admin.delete_realm(realm.realm)


def test_the_file_says_what_the_platform_needs() -> None:
    assert REALM.settings["accessTokenLifespan"] == 300
    assert REALM.settings["bruteForceProtected"]
    assert REALM.settings["defaultLocale"] == "vi"
    assert [client.client_id for client in REALM.clients if client.public] == ["lienthong-web"]
    for attribute in REALM.user_profile["attributes"]:
        assert attribute["permissions"]["edit"] == ["admin"], "nobody edits their own grants"


def test_an_unknown_word_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "realm.yaml"
    file.write_text(IdentitySettings().realm_file.read_text(encoding="utf-8") + "\nrelam: x\n", encoding="utf-8")
    with pytest.raises(ValidationError):
        read_realm(file)


def test_everything_is_missing_on_an_empty_server() -> None:
    paths = {difference.path.split("/")[0] for difference in differences(REALM, Found())}
    assert paths == {"settings", "scopes", "clients", "user_profile"}
    assert all(difference.found is None or difference.path.endswith("/default") for difference in differences(REALM, Found()))


@pytest.mark.keycloak
def test_apply_makes_the_realm_and_a_second_apply_changes_nothing(applied: tuple[RealmServer, KeycloakAdmin]) -> None:
    server, _ = applied
    assert server.plan() == []
    assert server.apply() == []


@pytest.mark.keycloak
def test_drift_is_found_and_taken_back(applied: tuple[RealmServer, KeycloakAdmin], realm: Realm) -> None:
    server, admin = applied
    admin.update_realm(realm.realm, {"accessTokenLifespan": 86_400, "bruteForceProtected": False})
    scope = admin.get_client_scope_by_name("lienthong") or {}
    admin.delete_mapper_from_client_scope(scope["id"], next(m["id"] for m in scope["protocolMappers"] if m["name"] == "grants"))
    extra = {
        "name": "backdoor",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {"claim.name": "grants"},
    }
    admin.add_mapper_to_client_scope(scope["id"], extra)
    client = str(admin.get_client_id("lienthong-web"))
    admin.update_client(client, admin.get_client(client) | {"redirectUris": ["*"], "directAccessGrantsEnabled": True})
    admin.delete_client_default_client_scope(client, scope["id"])
    profile = admin.get_realm_users_profile()
    for attribute in profile["attributes"]:
        attribute["permissions"]["edit"] = ["admin", "user"]
    admin.update_realm_users_profile(profile)

    paths = {difference.path for difference in server.plan()}

    assert {
        "settings/accessTokenLifespan",
        "settings/bruteForceProtected",
        "scopes/lienthong/mappers/backdoor",
        "clients/lienthong-web/redirectUris",
        "clients/lienthong-web/directAccessGrantsEnabled",
        "clients/lienthong-web/scopes",
        "user_profile/attributes",
    } <= paths
    assert any(path.startswith("scopes/lienthong/mappers/grants/") for path in paths)
    server.apply()
    assert server.plan() == []


@pytest.mark.keycloak
def test_the_command_prints_the_drift_and_says_so_by_its_status(
    keycloak_settings: IdentitySettings, realm: Realm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = administrator(keycloak_settings, realm.realm)
    monkeypatch.setattr(command, "server", lambda _: RealmServer(admin, realm))
    assert command.run(["plan", "--json"]) == command.DRIFT
    assert json.loads(capsys.readouterr().out)["differences"]
    assert command.run(["apply"]) == 0
    assert "applied" in capsys.readouterr().out
    assert command.run(["plan"]) == 0
    assert capsys.readouterr().out == "The realm is as the file says.\n"
    admin.delete_realm(realm.realm)


def test_without_its_own_address_the_service_applies_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "identity_settings", lambda: IdentitySettings(public_url=""))
    assert command.run(["apply"]) == 1
    assert "LIENTHONG_IDENTITY_PUBLIC_URL" in capsys.readouterr().err


def test_a_server_that_is_away_is_told_in_one_sentence(realm: Realm) -> None:
    settings = IdentitySettings(keycloak_url="http://127.0.0.1:9", keycloak_admin_password=SecretStr("x"))
    with pytest.raises(RealmError, match="cannot be reached"):
        RealmServer(administrator(settings, realm.realm), realm).plan()


@pytest.mark.keycloak
async def test_nobody_can_edit_their_own_grants(keycloak: RunningIssuer, http: httpx.AsyncClient) -> None:
    account = keycloak.url + "/account/"
    tokens = await OidcClient(keycloak.url, http, client_id="account-console").sign_in("hieu.truong", PASSWORD, redirect_uri=account)
    headers = {"Authorization": f"Bearer {tokens.access_token}", "Accept": "application/json"}
    own = (await http.get(account, headers=headers)).json()
    assert own.get("username") == "hieu.truong", own
    assert "grants" not in own.get("attributes", {})
    forged = {"grants": ["platform_admin@*"], "person_id": ["01900000-0000-7000-8000-0000000000ff"]}
    await http.post(account, json=own | {"firstName": "Người khác", "attributes": forged}, headers=headers)
    admin: KeycloakAdmin = keycloak.extras["admin"]
    user = admin.get_user(str(admin.get_user_id("hieu.truong")))
    assert user["attributes"]["grants"] == ["school_admin@LC-PD"]
    assert user["firstName"] == "Hiệu trưởng"


@pytest.mark.keycloak
async def test_grants_changed_by_hand_on_the_server_are_taken_back(keycloak: RunningIssuer, http: httpx.AsyncClient) -> None:
    admin: KeycloakAdmin = keycloak.extras["admin"]
    for user in (str(admin.get_user_id("hieu.truong")), str(admin.get_user_id(f"service-account-{VENDOR}"))):
        admin.update_user(user, admin.get_user(user) | {"attributes": {"grants": ["platform_admin@*"]}})
    database = Database(keycloak.extras["database"].url, pool_size=1)
    await push_all(database, keycloak.extras["provider"])
    await database.close()
    person = await keycloak.web(http).sign_in("hieu.truong", PASSWORD, redirect_uri=REDIRECT)
    machine = await keycloak.vendor(http).client_credentials()
    assert [claims_in(tokens)["grants"] for tokens in (person, machine)] == [["school_admin@LC-PD"], ["integrator@LC"]]
