"""Databases and buses for the tests of the event machinery: created once, emptied before each test, dropped afterwards."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest

from libs.common.events import connections
from libs.common.events.connections import Connection
from libs.common.events.transport import Transport, connect
from tests.common.events import kafka_server
from tests.common.events.kafka_server import KafkaServer, forget_records
from tests.common.events.support import (
    COUNTER,
    COUNTER_STATE,
    Urls,
    create_bus,
    create_service_database,
    drop_database,
    empty,
)

TRANSPORTS = ["postgres", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(scope="session")
def service_database() -> Iterator[Urls]:
    urls = asyncio.run(create_service_database())
    yield urls
    asyncio.run(drop_database(urls))


@pytest.fixture(scope="session")
def bus_database() -> Iterator[Urls]:
    urls = asyncio.run(create_bus())
    yield urls
    asyncio.run(drop_database(urls))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    missing = kafka_server.missing()
    if missing is not None and os.environ.get("CI") != "true":
        pytest.skip(missing)
    server = KafkaServer(tmp_path_factory.mktemp("kafka"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def service(service_database: Urls) -> Urls:
    await empty(service_database.owner, "outbox", "inbox", "dead_letter", "counter", "effect")
    return service_database


@pytest.fixture
async def database(service: Urls) -> AsyncIterator[Connection]:
    connection = await connections.connect(service.app, "tests")
    yield connection
    await connection.close()


@pytest.fixture(params=TRANSPORTS)
def bus_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty bus of each kind."""
    if request.param == "kafka":
        server: KafkaServer = request.getfixturevalue("kafka")
        asyncio.run(prepare_topics(server.url))
        asyncio.run(forget_records(server.url, [COUNTER]))
        return server.url
    urls: Urls = request.getfixturevalue("bus_database")
    asyncio.run(empty(urls.owner, "topic", "topic_partition", "log", "group_offset"))
    asyncio.run(prepare_topics(urls.app))
    return urls.app


@pytest.fixture
async def bus(bus_url: str) -> AsyncIterator[Transport]:
    transport = connect(bus_url)
    yield transport
    await transport.close()


async def prepare_topics(url: str) -> None:
    transport = connect(url)
    await transport.ensure_topics([COUNTER, COUNTER_STATE])
    await transport.close()
