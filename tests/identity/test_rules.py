"""The pure rules of identity: passwords, roles that may be given, locks, keys, addresses."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from libs.common.auth.permissions import roles
from libs.common.auth.principal import Grant
from libs.common.settings import Profile
from libs.common.validation import field_errors, placed
from services.identity import password_policy
from services.identity.accounts.schemas import AccountCreate
from services.identity.accounts.service import policy
from services.identity.grants.rules import exceeds, held_at
from services.identity.issuer.context import Issuer, NotASandboxError
from services.identity.issuer.keys import next_is_due, published, signing
from services.identity.issuer.oauth import redirect_allowed, verifies, with_parameters
from services.identity.issuer.tables import SigningKey
from services.identity.issuer.throttle import lock_time
from services.identity.sessions.backchannel import LOGOUT_EVENT, LogoutTokenError, check_claims
from services.identity.settings import IdentitySettings

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SETTINGS = IdentitySettings()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("ngan1", "password_too_short"),
        ("khong-co-chu-so", "password_needs_digit"),
        ("KHONG-CO-CHU-THUONG-1", "password_needs_lower"),
        ("lan.nguyen1", "password_contains_username"),
        ("a1" * 100, "password_too_long"),
    ],
)
def test_a_weak_password_is_told_by_its_rule(password: str, code: str) -> None:
    found = password_policy.weaknesses(policy(), "lan.nguyen", password)
    assert code in {error.code for error in found}
    assert all(error.vi and error.en for error in found)


def test_a_password_beyond_all_bounds_is_told_the_bound() -> None:
    given = {"username": "lan.nguyen", "name": "Lan", "organisation_code": "LC-PD", "password": "a1" * 150}
    with pytest.raises(ValidationError) as caught:
        AccountCreate.model_validate(given)
    (found,) = field_errors(placed(caught.value, "body"), AccountCreate)
    assert (found.pointer, found.vi) == ("/password", "Quá dài: nhiều nhất 256 mục hoặc ký tự.")
    assert found.en == "Too long: at most 256 (items or characters)."


def test_a_good_password_has_no_fault() -> None:
    assert password_policy.weaknesses(policy(), "lan.nguyen", "lien-thong-2026") == []


def test_a_rule_that_only_keycloak_knows_is_refused() -> None:
    with pytest.raises(password_policy.UnknownPolicyError):
        password_policy.parse("length(8) and passwordBlacklist(list.txt)")


@pytest.mark.parametrize(
    ("own", "wanted", "may"),
    [
        ("platform_admin", "platform_admin", True),
        ("school_admin", "school_admin", True),
        ("school_admin", "teacher", True),
        ("school_admin", "guardian", True),
        ("school_admin", "commune_officer", False),
        ("school_admin", "auditor", False),
        ("school_admin", "platform_admin", False),
        ("commune_officer", "school_admin", True),
        ("province_officer", "platform_admin", False),
        ("clerk", "school_admin", False),
        ("auditor", "auditor", True),
    ],
)
def test_nobody_gives_more_than_they_hold(own: str, wanted: str, may: bool) -> None:  # noqa: FBT001 - a column of the table
    assert (exceeds(roles()[wanted], [roles()[own]]) == []) is may


def test_only_roles_at_or_above_the_organisation_count() -> None:
    grants = [Grant("school_admin", "LC-PD"), Grant("platform_admin", "LC-BY"), Grant("unknown", "LC")]
    assert [role.name for role in held_at(grants, {"LC", "LC-PD", "*"})] == ["school_admin"]


def test_locks_grow_and_end() -> None:
    times = [lock_time(failures, SETTINGS) for failures in (4, 5, 6, 100)]
    assert times == [None, timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=900)]


def key(name: str, minutes: int) -> SigningKey:
    return SigningKey(key_id=name, jwk={}, created_at=NOON, signs_from=NOON + timedelta(minutes=minutes))


def test_the_next_key_is_published_before_it_signs_and_the_last_one_until_its_tokens_are_dead() -> None:
    keys = [key("gone", -100), key("last", -50), key("now", -1), key("next", 10)]
    life = timedelta(seconds=300)
    assert getattr(signing(keys, NOON), "key_id", None) == "now"
    assert [found.key_id for found in published(keys, NOON, life)] == ["last", "now", "next"]
    assert [found.key_id for found in published(keys, NOON + timedelta(minutes=9), life)] == ["now", "next"]


def test_the_next_key_is_due_a_publishing_time_before_the_change() -> None:
    settings = IdentitySettings(key_seconds=3600, key_ahead_seconds=600)
    assert next_is_due([], NOON, settings)
    assert not next_is_due([key("now", -49)], NOON, settings)
    assert next_is_due([key("now", -50)], NOON, settings)
    assert not next_is_due([key("now", -50), key("next", 10)], NOON, settings)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://127.0.0.1/callback", True),
        ("http://127.0.0.1:9999/callback", True),
        ("http://127.0.0.1:0/callback", False),
        ("http://127.0.0.1:99999/callback", False),
        ("http://127.0.0.1/callback/", False),
        ("http://127.0.0.1/callback?x=1", False),
        ("http://127.0.0.1/callback#x", False),
        ("http://user@127.0.0.1/callback", False),
        ("http://localhost/callback", False),
        ("https://127.0.0.1/callback", False),
        ("https://app.example/cb", True),
        ("https://app.example:444/cb", False),
        ("", False),
    ],
)
def test_redirect_addresses_are_exact_but_for_the_loopback_port(address: str, allowed: bool) -> None:  # noqa: FBT001 - a column of the table
    assert redirect_allowed(address, ["http://127.0.0.1/callback", "https://app.example/cb"]) is allowed


def test_pkce_follows_the_rfc() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
    assert verifies("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", verifier)
    assert not verifies("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", verifier[:-1] + "l")
    assert not verifies("anything", "short")


def test_parameters_are_added_to_an_address_with_a_query() -> None:
    assert with_parameters("https://a.example/x?y=1", {"code": "c d", "state": None}) == "https://a.example/x?y=1&code=c+d"


@pytest.mark.parametrize(
    ("profile", "host", "url"),
    [
        (Profile.FULL, "127.0.0.1", "http://127.0.0.1:8080/identity/oidc"),
        (Profile.PRODUCTION, "127.0.0.1", "http://127.0.0.1:8080/identity/oidc"),
        (Profile.SANDBOX, "0.0.0.0", "http://127.0.0.1:8080/identity/oidc"),  # noqa: S104 - the address that must be refused
        (Profile.SANDBOX, "127.0.0.1", "https://sso.example/identity/oidc"),
    ],
)
def test_the_issuer_runs_in_the_sandbox_on_the_loopback_only(profile: Profile, host: str, url: str) -> None:
    with pytest.raises(NotASandboxError):
        Issuer.open(profile=profile, url=url, audience="lienthong", host=host, database=None, settings=SETTINGS)  # type: ignore[arg-type]  # refused before it is touched


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.example"},
        {"events": {}},
        {"nonce": "n"},
        {"iat": NOON.timestamp() - 3600},
        {"exp": NOON.timestamp() - 1},
        {"sid": None, "sub": None},
    ],
)
def test_a_logout_token_must_be_one(change: dict[str, object]) -> None:
    good: dict[str, object] = {"iss": "https://sso.example", "iat": NOON.timestamp(), "events": {LOGOUT_EVENT: {}}, "sid": "s"}
    assert check_claims(dict(good), "https://sso.example", NOON.timestamp()) == good
    changed = {name: value for name, value in (good | change).items() if value is not None}
    with pytest.raises(LogoutTokenError):
        check_claims(changed, "https://sso.example", NOON.timestamp())
