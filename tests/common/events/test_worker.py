"""The worker: relay and consumers in one process, from the change to its effect; it reports its health and stops when told to."""

import asyncio
import os
import signal
from typing import Any

from prometheus_client import REGISTRY
from pydantic import SecretStr

from libs.common.events.connections import Connection
from libs.common.events.worker import run_worker, worker_health
from libs.common.settings import Settings
from tests.common.events.support import COUNTER, count_up, eventually
from tests.common.events.test_consumer import effects, project, wait_for_effects
from tests.support.postgres import TestDatabase


def settings(service: TestDatabase, bus_url: str) -> Settings:
    return Settings(database_url=SecretStr(service.url), bus_url=SecretStr(bus_url), issuer="none", jwks_url="none")


async def test_from_the_change_to_its_effect(service: TestDatabase, database: Connection, bus_url: str) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(settings(service, bus_url), [project], [COUNTER], stop=stop))
    await count_up(database, "a", 3)
    await wait_for_effects(database, 3)
    await eventually(is_ready)
    assert set(worker_health()["loops"]) == {"relay", "test.counter", "upkeep"}
    stop.set()
    await asyncio.wait_for(working, 10)
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3)]
    assert worker_health() == {"ready": False, "loops": {}, "late": []}
    figures: Any = REGISTRY.get_sample_value
    assert figures("lienthong_relay_sent_total") >= 3
    assert figures("lienthong_dead_letters", {"consumer": "test.counter"}) == 0


async def is_ready() -> bool:
    return bool(worker_health()["ready"]) and "upkeep" in worker_health()["loops"]


async def test_it_ends_on_sigterm(service: TestDatabase, database: Connection, bus_url: str) -> None:
    working = asyncio.create_task(run_worker(settings(service, bus_url), [project], [COUNTER]))
    await count_up(database, "a")
    await wait_for_effects(database, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(working, 10)


async def test_it_can_be_stopped_while_every_engine_is_away() -> None:
    nowhere = settings(TestDatabase("none", *["postgresql://nobody@127.0.0.1:1/none"] * 3), "postgresql://nobody@127.0.0.1:1/none")
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(nowhere, [project], [COUNTER], stop=stop))
    await eventually(is_waiting)
    stop.set()
    await asyncio.wait_for(working, 10)


async def is_waiting() -> bool:
    return "topics" in worker_health()["loops"]
