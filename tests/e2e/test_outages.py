"""What goes on while something is away, and that it comes back by itself; after each test everything is ready again."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from libs.common.auth.oidc_client import SignInError
from tests.e2e.platform import Platform, eventually

pytestmark = pytest.mark.faults
PYTHON_PROCESSES = ("registry-api", "registry-worker", "insight-worker", "identity-api", "gateway-pages")


@pytest.fixture(autouse=True)
def ready_again(platform: Platform) -> Iterator[None]:
    yield
    eventually(lambda: platform.is_ready, 120)


@pytest.mark.parametrize("name", [*PYTHON_PROCESSES, "envoy"])
def test_a_killed_process_is_back(platform: Platform, name: str) -> None:
    token = platform.token("principal")
    platform.kill(name)
    with platform.client(token) as principal:
        eventually(lambda: _status(principal, "/registry/v1/learners?limit=1") == 200, 30)


def test_a_database_restart_is_503_and_then_over(platform: Platform) -> None:
    with platform.client(platform.token("principal")) as principal:
        assert _status(principal, "/registry/v1/learners?limit=1") == 200
        postgres = platform.processes["postgres"]
        seen: dict[int, httpx.Response] = {}
        os.kill(postgres, signal.SIGKILL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = principal.get("/registry/v1/learners?limit=1")
            seen[answer.status_code] = answer
            if answer.status_code == 200 and 503 in seen:
                break
            time.sleep(0.02)
        assert set(seen) == {200, 503}, {status: answer.text for status, answer in seen.items()}
        assert int(seen[503].headers["retry-after"]) > 0
        assert seen[503].json()["detail_en"]
    eventually(lambda: all(_signs_in(platform) for _ in range(3)), 30)  # every service finds its connections again


def test_while_the_issuer_is_away_valid_tokens_go_on(platform: Platform) -> None:
    issuer = "keycloak" if platform.installation.full else "identity-api"
    with platform.client(platform.token("principal")) as principal:
        assert _status(principal, "/registry/v1/learners?limit=1") == 200
        pid = platform.processes[issuer]
        os.kill(pid, signal.SIGSTOP)
        try:
            statuses = {_status(principal, "/registry/v1/learners?limit=1") for _ in range(50)}
        finally:
            os.kill(pid, signal.SIGCONT)
        assert statuses == {200}


def test_key_rotation_under_load_refuses_no_valid_request(platform: Platform) -> None:
    failures: list[int] = []
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            with platform.client(platform.token("principal")) as principal:
                failures.extend(status for _ in range(5) if (status := _status(principal, "/registry/v1/learners?limit=1")) != 200)

    old = _signing_kid(platform)
    worker = threading.Thread(target=load)
    worker.start()
    try:
        rotate_keycloak(platform) if platform.installation.full else rotate_sandbox(platform)
        eventually(lambda: _signing_kid(platform) != old, 40)
        eventually(lambda: old in _kids(platform), 1)  # tokens of the old key live on
    finally:
        time.sleep(1)  # a moment of load with the new key
        over.set()
        worker.join()
    assert failures == []


def rotate_sandbox(platform: Platform) -> None:
    """Publish the sandbox issuer's next key, which signs five seconds later."""
    command = [sys.executable, "-m", "services.identity.main", "keys", "rotate", "--ahead", "5"]
    subprocess.run(command, env=platform.installation.environment("identity"), check=True, capture_output=True)


def rotate_keycloak(platform: Platform) -> None:
    """Add a key provider below the present one, wait until everybody has fetched its key, then let it sign (docs/operations.md)."""
    keycloak = platform.installation.keycloak
    with httpx.Client(base_url=keycloak.url, trust_env=False, timeout=20) as admin:
        form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": keycloak.admin_password}
        token = admin.post("/realms/master/protocol/openid-connect/token", data=form).raise_for_status().json()["access_token"]
        admin.headers["Authorization"] = "Bearer " + token
        realm = admin.get("/admin/realms/lienthong").raise_for_status().json()
        component = {
            "name": "next",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm["id"],
            "config": {"priority": ["1"], "enabled": ["true"], "active": ["true"], "keySize": ["2048"]},
        }
        made = admin.post("/admin/realms/lienthong/components", json=component).raise_for_status().headers["location"]
        published = len(_kids(platform))
        eventually(lambda: len(_kids(platform)) >= min(published, 3), 10)
        time.sleep(6)  # the gateway fetches every two seconds
        component["config"]["priority"] = ["1000"]
        admin.put(made, json=component | {"id": made.rsplit("/", 1)[1]}).raise_for_status()


def _kids(platform: Platform) -> set[str]:
    return {key["kid"] for key in httpx.get(platform.installation.jwks_url, trust_env=False).json()["keys"]}


def _signing_kid(platform: Platform) -> str:
    head = platform.token("world-loader").partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def _signs_in(platform: Platform) -> bool:
    try:
        return bool(platform.token("principal"))
    except (SignInError, httpx.HTTPError):
        return False


def _status(client: httpx.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0
