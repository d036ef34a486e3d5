"""Taking the bus away and giving it back."""

import asyncio

from libs.common.events import connections
from stack.engines.kafka import Kafka
from tests.support.postgres import TestDatabase


class KafkaOutage:
    """The broker is killed and started again."""

    def __init__(self, server: Kafka) -> None:
        self._server = server

    async def begin(self) -> None:
        self._server.kill()

    async def end(self) -> None:
        await asyncio.to_thread(self._server.start)


class PostgresOutage:
    """The bus database refuses and loses all connections, the service's own database goes on."""

    def __init__(self, bus: TestDatabase) -> None:
        self._bus = bus
        self._server = bus.superuser_url.rpartition("/")[0] + "/postgres"

    async def begin(self) -> None:
        await self._allow("false")
        admin = await connections.connect(self._server, "tests")
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", self._bus.name)
        await admin.close()

    async def end(self) -> None:
        await self._allow("true")

    async def _allow(self, whether: str) -> None:
        admin = await connections.connect(self._server, "tests")
        await admin.execute(f"ALTER DATABASE {self._bus.name} ALLOW_CONNECTIONS {whether}")
        await admin.close()
