"""Kafka as one node (KRaft: broker and controller in one process), without containers and without ZooKeeper."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from stack.engines.artefacts import kafka_jars
from stack.engines.engine import Engine, EngineError, free_port
from stack.engines.java import find_java, java_environment
from stack.launch import Launch

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
HEAP = "384m"
# One node keeps one copy; topics are declared by the services, never made by a typing mistake.
SETTINGS = (
    "process.roles=broker,controller",
    "node.id=1",
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    "auto.create.topics.enable=false",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=8",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.num.partitions=4",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    "num.network.threads=2",
    "num.io.threads=4",
    "log.cleaner.dedupe.buffer.size=33554432",
)


class Kafka(Engine):
    """A broker for plain connections on loopback; `bootstrap` is its address."""

    name = "kafka"
    ready_seconds = 90.0
    formatting: tuple[str, ...] = ()  # further options at the first start, such as users

    def __init__(self, folder: Path, port: int | None = None, controller_port: int | None = None) -> None:
        super().__init__(folder, port)
        self.controller_port = controller_port or free_port()

    @property
    def bootstrap(self) -> str:
        """Return the address for clients, host:port."""
        return f"{HOST}:{self.port}"

    @property
    def data(self) -> Path:
        """Return the folder of the logs."""
        return self.folder / "logs"

    def prepare(self) -> None:
        """Fetch the jars, write the configuration, format the storage at the first call."""
        jars = kafka_jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._configuration().write_text("\n".join([*SETTINGS, *self._own_settings(), ""]), encoding="utf-8")
        if not (self.data / "meta.properties").exists():
            shutil.rmtree(self.data, ignore_errors=True)  # formatting was cut short
            tool = ["kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(self._configuration()), *self.formatting]
            done = subprocess.run(
                [find_java(), "-Xmx128m", "-cp", f"{jars}/*", *tool], env=java_environment(), capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise EngineError(f"Kafka's storage could not be formatted: {(done.stdout + done.stderr).strip()}")

    def launch(self) -> Launch:
        """Return how the broker is started."""
        options = ("-Xms128m", f"-Xmx{HEAP}", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-Dorg.slf4j.simpleLogger.showDateTime=true")
        logging = ("-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        program = ("-cp", f"{kafka_jars()}/*", "kafka.Kafka", str(self._configuration()))
        return Launch((find_java(), *options, *logging, *program), java_environment(), folder=self.folder)

    def is_ready(self) -> bool:
        """Tell whether clients can connect; the broker opens its port only when it has caught up with its own metadata."""
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False

    def _configuration(self) -> Path:
        return self.folder / "server.properties"

    def _own_settings(self) -> list[str]:
        return [
            f"listeners=PLAINTEXT://{self.bootstrap},CONTROLLER://{HOST}:{self.controller_port}",
            f"advertised.listeners=PLAINTEXT://{self.bootstrap}",
            f"controller.quorum.voters=1@{HOST}:{self.controller_port}",
            f"log.dirs={self.data}",
        ]


def _cluster_id() -> str:
    """Return a random cluster id as Kafka writes it; a leading dash would be taken for an option."""
    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made
