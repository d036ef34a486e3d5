"""A database and buses for the tests of the event machinery: created once, emptied before each test, dropped afterwards."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

import pytest

from libs.common.events import connections
from libs.common.events.connections import Connection
from libs.common.events.transport import Transport, connect
from stack.engines.engine import EngineMissingError
from stack.engines.kafka import Kafka
from tests.common.events.kafka_records import forget_records
from tests.common.events.support import COUNTER, COUNTER_STATE, empty, fill
from tests.support.postgres import TestDatabase, TestPostgres

Broker = TypeVar("Broker", bound=Kafka)
TRANSPORTS = ["postgres", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(scope="session")
def service_database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("events", None)
    asyncio.run(fill(made))
    yield made
    postgres.drop(made)


@pytest.fixture(scope="session")
def bus_database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    """A bus of our own: these tests empty it."""
    made = postgres.bus()
    yield made
    postgres.drop(made)


def started(server: Broker) -> Iterator[Broker]:
    """Lend a running broker; without Java skip, or fail where CI=true."""
    try:
        server.start()
    except EngineMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    yield from started(Kafka(tmp_path_factory.mktemp("kafka")))


@pytest.fixture
async def service(service_database: TestDatabase) -> TestDatabase:
    """The service's database, its event tables empty."""
    await empty(service_database.owner_url, "outbox", "inbox", "dead_letter", "counter", "effect")
    return service_database


@pytest.fixture
async def database(service: TestDatabase) -> AsyncIterator[Connection]:
    """A connection of the application role."""
    connection = await connections.connect(service.url, "tests")
    yield connection
    await connection.close()


@pytest.fixture(params=TRANSPORTS)
def bus_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty bus of each kind."""
    if request.param == "kafka":
        server: Kafka = request.getfixturevalue("kafka")
        url = f"kafka://{server.bootstrap}"
        asyncio.run(prepare_topics(url))
        asyncio.run(forget_records(url, [COUNTER]))
        return url
    bus: TestDatabase = request.getfixturevalue("bus_database")
    asyncio.run(empty(bus.owner_url, "topic", "topic_partition", "log", "group_offset"))
    asyncio.run(prepare_topics(bus.url))
    return bus.url


@pytest.fixture
async def transport(bus_url: str) -> AsyncIterator[Transport]:
    """An open transport of each kind."""
    opened = connect(bus_url)
    yield opened
    await opened.close()


async def prepare_topics(url: str) -> None:
    opened = connect(url)
    await opened.ensure_topics([COUNTER, COUNTER_STATE])
    await opened.close()
