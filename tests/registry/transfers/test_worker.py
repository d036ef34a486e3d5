"""The whole way: an event on the bus, the registry's worker, the learner in the new school, the outcome back on the bus."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

from libs.common.clock import now
from libs.common.events import transport
from libs.common.events.envelope import Attributes, Message, binary_headers
from libs.common.events.topics import EGOV_TRANSFER, REGISTRY_TRANSFER
from libs.common.events.worker import run_worker
from libs.common.ids import new_id
from services.registry.main import SERVICE
from services.registry.settings import RegistrySettings
from services.registry.transfers.events import DECIDED
from tests.registry.conftest import World
from tests.registry.samples import learner
from tests.support.postgres import TestDatabase

PATIENCE_SECONDS = 30.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.1)


def decided(learner_id: str) -> Message:
    dossier_id = str(new_id())
    body = {
        "dossier_id": dossier_id,
        "learner_id": learner_id,
        "from_school_code": "S1",
        "to_school_code": "S2",
        "effective_date": "2026-11-02",
        "grade": 5,
    }
    attributes = Attributes(new_id(), DECIDED, dossier_id, 1, now())
    return Message(EGOV_TRANSFER.name, dossier_id, binary_headers(attributes), json.dumps(body).encode())


async def test_a_decided_dossier_moves_the_learner(world: World, bus: TestDatabase) -> None:
    made = await world.admin.must("/learners", learner())
    settings = RegistrySettings(database_url=SecretStr(world.database.url), bus_url=SecretStr(bus.url), issuer="unused", jwks_url="unused")
    sending = transport.connect(bus.url)
    await sending.ensure_topics([EGOV_TRANSFER, REGISTRY_TRANSFER])
    message = decided(made["learner_id"])
    await sending.send([message, message])
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(settings, SERVICE.consumers, [event.TOPIC for event in SERVICE.events], stop=stop))
    outcomes: dict[tuple[int, int], bytes] = {}

    async def listen() -> None:
        async for record in sending.tail([REGISTRY_TRANSFER.name], now().replace(year=2020)):
            outcomes[record.partition, record.position] = record.body

    listener = asyncio.create_task(listen())
    try:

        async def moved() -> bool:
            return (await world.caller("school_admin@S2").get("/learners/" + made["learner_id"])).status_code == 200

        async def told() -> bool:
            return any(json.loads(body)["dossier_id"] == message.key for body in outcomes.values())

        await until(moved)
        await until(told)
    finally:
        stop.set()
        await worker
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        await sending.close()
    assert len([body for body in outcomes.values() if json.loads(body)["dossier_id"] == message.key]) == 1
    assert len((await world.admin.get(f"/learners/{made['learner_id']}/enrolments")).json()["items"]) == 2
