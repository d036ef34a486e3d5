"""Kafka as production has it: TLS and users; what half a security, a wrong password or a foreign certificate says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from libs.common.clock import now
from libs.common.events.envelope import Attributes, Message, binary_headers
from libs.common.events.transport import Selection, connect
from libs.common.events.transport.kafka import BusError
from libs.common.ids import new_id
from libs.common.settings import KafkaMechanism, KafkaProtocol, KafkaSettings
from tests.common.events.conftest import started
from tests.common.events.secure_kafka import PASSWORD, USER, SecureKafka, self_signed
from tests.common.events.support import COUNTER, Counted

PREFIX = "LIENTHONG_KAFKA_"
HALVES: dict[str, tuple[dict[str, str], str]] = {
    "no user": ({"SECURITY": "SASL_SSL"}, "needs LIENTHONG_KAFKA_USERNAME and LIENTHONG_KAFKA_PASSWORD"),
    "no password": ({"SECURITY": "SASL_SSL", "USERNAME": USER}, "needs LIENTHONG_KAFKA_USERNAME and LIENTHONG_KAFKA_PASSWORD"),
    "a user for nothing": ({"USERNAME": USER, "PASSWORD": PASSWORD}, "SECURITY=PLAINTEXT signs nobody in"),
    "a password under TLS alone": ({"SECURITY": "SSL", "PASSWORD": PASSWORD}, "SECURITY=SSL signs nobody in"),
    "certificates for nothing": ({"CA_FILE": "/ca.pem"}, "is not encrypted, yet LIENTHONG_KAFKA_CA_FILE is set"),
    "a readable password": (
        {"SECURITY": "SASL_PLAINTEXT", "MECHANISM": "PLAIN", "USERNAME": USER, "PASSWORD": PASSWORD},
        "would send the password readably",
    ),
    "an unknown protocol": ({"SECURITY": "TLS"}, "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
    "an unknown mechanism": ({"MECHANISM": "GSSAPI"}, "'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'"),
}


@pytest.mark.parametrize(("given", "said"), HALVES.values(), ids=HALVES)
def test_half_a_security_is_refused_and_the_password_not_shown(given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ValidationError) as refused:
        KafkaSettings()
    assert said in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "something else"])
def test_certificates_that_cannot_be_read_are_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"LIENTHONG_KAFKA_CA_FILE=.*ca\.pem holds no certificates"):
        connect("kafka://127.0.0.1:1", KafkaSettings(security=KafkaProtocol.SSL, ca_file=file))


@pytest.fixture(scope="module")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    yield from started(SecureKafka(tmp_path_factory.mktemp("secure-kafka")))


def signed_in(server: SecureKafka, mechanism: KafkaMechanism, password: str = PASSWORD) -> KafkaSettings:
    return KafkaSettings(
        security=KafkaProtocol.SASL_SSL,
        mechanism=mechanism,
        username=USER,
        password=SecretStr(password),
        ca_file=server.certificate,
    )


@pytest.mark.kafka
@pytest.mark.parametrize("mechanism", [KafkaMechanism.PLAIN, KafkaMechanism.SCRAM_SHA_512])
async def test_topics_events_and_groups_work_under_tls_with_a_user(secure_kafka: SecureKafka, mechanism: KafkaMechanism) -> None:
    transport = connect(f"kafka://{secure_kafka.secure_bootstrap}", signed_in(secure_kafka, mechanism))
    await transport.ensure_topics([COUNTER])
    key, group = str(new_id()), f"test.{new_id()}"
    attributes = Attributes(new_id(), Counted.TYPE, key, 1, now())
    sent = Message(COUNTER.name, key, binary_headers(attributes), Counted(counter=key, version=1).model_dump_json().encode())
    await transport.send([sent])
    assert [record.body async for record in transport.read(COUNTER.name, Selection(key=key))] == [sent.body]
    subscription = await transport.subscribe(group, [COUNTER.name], 100)
    found = [record.key for records in (await subscription.fetch(20.0)).values() for record in records]
    assert key in found
    await subscription.close()
    await transport.close()


@pytest.mark.kafka
@pytest.mark.parametrize("mechanism", [KafkaMechanism.PLAIN, KafkaMechanism.SCRAM_SHA_512])
async def test_a_wrong_password_is_told_by_every_kind_of_client(secure_kafka: SecureKafka, mechanism: KafkaMechanism) -> None:
    wrong = "another password"
    transport = connect(f"kafka://{secure_kafka.secure_bootstrap}", signed_in(secure_kafka, mechanism, wrong))
    attempts = (
        transport.ensure_topics([COUNTER]),
        transport.send([Message(COUNTER.name, "a", (), b"{}")]),
        transport.subscribe("test.refused", [COUNTER.name], 1),
    )
    for attempt in attempts:
        with pytest.raises(BusError, match="SaslAuthenticationFailed") as refused:
            await attempt
        assert wrong not in str(refused.value)
    await transport.close()


@pytest.mark.kafka
async def test_a_broker_that_nobody_vouches_for_is_refused(secure_kafka: SecureKafka, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(self_signed()[1])
    for authority in (stranger, None):
        settings = signed_in(secure_kafka, KafkaMechanism.PLAIN).model_copy(update={"ca_file": authority})
        transport = connect(f"kafka://{secure_kafka.secure_bootstrap}", settings)
        with pytest.raises(BusError, match="CERTIFICATE_VERIFY_FAILED"):
            await transport.ensure_topics([COUNTER])
        await transport.close()
