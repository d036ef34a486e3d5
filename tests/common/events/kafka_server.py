"""A Kafka of the tests' own: one node, started from the Maven artefacts, killed and started again by the fault tests."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from libs.common.events.topics import Topic

_consumer: Any = AIOKafkaConsumer  # untyped
_admin: Any = AIOKafkaAdminClient  # untyped
_until: Any = RecordsToDelete  # untyped

JARS = Path(os.environ.get("LIENTHONG_KAFKA_JARS", "/tmp/lab/mvn/kafka"))
START_SECONDS = 60.0
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def missing() -> str | None:
    """Say what is missing to run Kafka here, or None."""
    if shutil.which("java") is None:
        return "Java is not installed"
    return None if any(JARS.glob("kafka-server-*.jar")) else "the Kafka artefacts are not there"


class KafkaServer:
    """One broker on free ports in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port, self._controller = _free_port(), _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"
        self._properties.write_text(_PROPERTIES.format(port=self.port, controller=self._controller, data=folder / "data"))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        subprocess.run(
            [*_java(), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", self._properties], check=True, capture_output=True
        )

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self._folder / "kafka.log").open("ab") as log:
            self._process = subprocess.Popen([*_java(), "kafka.Kafka", self._properties], stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Kafka did not start, see {self._folder}/kafka.log")
            time.sleep(0.1)

    def kill(self) -> None:
        """Stop at once, as a crash does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


async def forget_records(url: str, topics: Sequence[Topic]) -> None:
    """Delete all records of history topics (Kafka refuses that for compacted ones); groups then go on at the end."""
    servers = urlsplit(url).netloc
    consumer, admin = _consumer(bootstrap_servers=servers), _admin(bootstrap_servers=servers)
    await consumer.start()
    await admin.start()
    try:
        places = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        ends = await consumer.end_offsets(places)
        filled = {place: _until(before_offset=end) for place, end in ends.items() if end}
        if filled:
            await admin.delete_records(filled)
    finally:
        await consumer.stop()
        await admin.close()


def _java() -> list[str]:
    return ["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
