"""Kafka and Keycloak: real ones, when this machine has Java and Maven; in CI they must be there."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from libs.common.events.envelope import Message
from libs.common.events.topics import Topic
from libs.common.events.transport import Selection, connect
from stack.engines import artefacts, java
from stack.engines.engine import EngineError, EngineMissingError
from stack.engines.kafka import Kafka
from stack.engines.keycloak import ADMIN, Keycloak


def require_java() -> None:
    """Skip without Java and Maven; fail instead where CI=true."""
    try:
        java.find_java()
        java.find_maven()
    except EngineMissingError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    require_java()
    engine = Kafka(tmp_path / "kafka")
    yield engine
    engine.stop()


@pytest.fixture
def keycloak(tmp_path: Path) -> Iterator[Keycloak]:
    require_java()
    engine = Keycloak(tmp_path / "keycloak")
    yield engine
    engine.stop()


TOPIC = Topic("probe", partitions=1)


@pytest.mark.slow
@pytest.mark.kafka
async def test_kafka_keeps_messages_over_a_crash(kafka: Kafka) -> None:
    kafka.start()
    transport = connect(f"kafka://{kafka.bootstrap}")
    await transport.ensure_topics([TOPIC])
    await transport.send([Message("probe", "key", (), b"kept")])
    await transport.close()
    kafka.kill()
    kafka.start()
    transport = connect(f"kafka://{kafka.bootstrap}")
    assert [record.body async for record in transport.read("probe", Selection())] == [b"kept"]
    await transport.close()


@pytest.mark.slow
@pytest.mark.keycloak
def test_keycloak_takes_its_administrator_and_keeps_its_data(keycloak: Keycloak) -> None:
    keycloak.start()
    http = httpx.Client(timeout=60)
    assert stat.S_IMODE((keycloak.folder / "password").stat().st_mode) == 0o600
    token = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": keycloak.admin_password}
    found = http.get(f"{keycloak.url}/realms/master/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{keycloak.url}/realms/master"
    headers = {"Authorization": f"Bearer {http.post(found['token_endpoint'], data=token).json()['access_token']}"}
    assert http.post(f"{keycloak.url}/admin/realms", json={"realm": "kept", "enabled": True}, headers=headers).status_code == 201
    keycloak.stop()
    keycloak.start()
    assert http.get(f"{keycloak.url}/realms/kept").status_code == 200
    http.close()


def test_without_java_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineMissingError, match=r"No Java is installed\..*apt-get install"):
        java.find_java()
    with pytest.raises(EngineMissingError, match="Maven is not installed"):
        java.find_maven()


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineMissingError, match="not Java 17 or newer"):
        java.find_java()


def test_a_fetch_that_fails_leaves_nothing_that_passes_for_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text("#!/bin/sh\necho no route to the repository\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:{os.environ['PATH']}")
    monkeypatch.setenv(artefacts.CACHE, str(tmp_path / "cache"))
    with pytest.raises(EngineError, match="no route to the repository"):
        artefacts.kafka_jars()
    assert not (tmp_path / "cache" / f"kafka-{artefacts.version('kafka')}").exists()
