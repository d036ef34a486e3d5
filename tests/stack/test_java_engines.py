"""Kafka and Keycloak: real ones, when this machine has Java and Maven; in CI they must be there."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

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


async def send(engine: Kafka, body: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=engine.bootstrap, acks="all") as producer:
        await producer.send_and_wait("probe", body)


async def first_message(engine: Kafka) -> bytes | None:
    async with AIOKafkaConsumer("probe", bootstrap_servers=engine.bootstrap, auto_offset_reset="earliest") as consumer:
        return (await consumer.getone()).value


@pytest.mark.slow
@pytest.mark.kafka
async def test_kafka_keeps_messages_over_a_crash(kafka: Kafka) -> None:
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # noqa: PLC0415 - slow to import, and only here

    kafka.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("probe", 1, 1)])
    assert "never_made" not in await admin.list_topics()
    await admin.close()
    await send(kafka, b"kept")
    kafka.kill()
    kafka.start()
    assert await first_message(kafka) == b"kept"


@pytest.mark.slow
@pytest.mark.keycloak
def test_keycloak_takes_its_administrator_and_keeps_its_data(keycloak: Keycloak) -> None:
    keycloak.start()
    assert stat.S_IMODE((keycloak.folder / "password").stat().st_mode) == 0o600
    token = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": keycloak.admin_password}
    found = httpx.get(f"{keycloak.url}/realms/master/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{keycloak.url}/realms/master"
    headers = {"Authorization": f"Bearer {httpx.post(found['token_endpoint'], data=token).json()['access_token']}"}
    assert httpx.post(f"{keycloak.url}/admin/realms", json={"realm": "kept", "enabled": True}, headers=headers).status_code == 201
    keycloak.stop()
    keycloak.start()
    assert httpx.get(f"{keycloak.url}/realms/kept").status_code == 200


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
