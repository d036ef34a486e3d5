"""The whole way: the tree comes off the bus, a school's material is approved, and the approval is told on the bus."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from pydantic import SecretStr

from libs.common.clock import now
from libs.common.events import transport
from libs.common.events.envelope import Attributes, Message, binary_headers
from libs.common.events.topics import LEARNING_CONTENT, REGISTRY_ORGANISATION_STATE
from libs.common.events.worker import run_worker
from libs.common.ids import new_id
from libs.common.organisations import STATE
from services.learning.main import SERVICE
from services.learning.settings import LearningSettings
from tests.learning.conftest import World
from tests.support.postgres import TestDatabase

PATIENCE_SECONDS = 30.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.1)


def school(organisation_id: UUID, parent_path: str) -> Message:
    version = {
        "code": "S9",
        "name": "Trường S9",
        "kind": "school",
        "parent_id": str(UUID(parent_path.rpartition(".")[2])),
        "path": f"{parent_path}.{organisation_id.hex}",
        "valid_from": "2015-01-01",
        "valid_to": None,
    }
    body = {"organisation_id": str(organisation_id), "versions": [version], "version": 1}
    key = str(organisation_id)
    attributes = Attributes(new_id(), STATE, key, 1, now())
    return Message(REGISTRY_ORGANISATION_STATE.name, key, binary_headers(attributes), json.dumps(body).encode())


async def is_planted(world: World) -> bool:
    return bool(await world.rows("SELECT FROM organisation_path WHERE code = 'S9'"))


async def test_the_worker_keeps_the_tree_and_tells_of_approvals(world: World, bus: TestDatabase) -> None:
    settings = LearningSettings(database_url=SecretStr(world.database.url), bus_url=SecretStr(bus.url), issuer="unused", jwks_url="unused")
    commune = str((await world.rows("SELECT path::text FROM organisation_path WHERE code = 'C1'"))[0][0])
    sending = transport.connect(bus.url)
    await sending.ensure_topics([REGISTRY_ORGANISATION_STATE, LEARNING_CONTENT])
    await sending.send([school(new_id(), commune)])
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(settings, SERVICE.consumers, [LEARNING_CONTENT], stop=stop))
    bodies: dict[tuple[int, int], bytes] = {}

    def told(content_id: str) -> list[dict[str, object]]:
        events = [json.loads(body) for body in bodies.values()]
        return [event for event in events if (event["content_id"], event["state"]) == (content_id, "approved")]

    async def listen() -> None:
        async for record in sending.tail([LEARNING_CONTENT.name], now().replace(year=2020)):
            bodies[record.partition, record.position] = record.body

    listener = asyncio.create_task(listen())
    try:
        await until(lambda: is_planted(world))
        content_id = await world.caller("teacher@S9").submitted(organisation_code="S9")
        assert (await world.caller("school_admin@S9").act(content_id, "approve")).status_code == 200

        async def heard() -> bool:
            return bool(told(content_id))

        await until(heard)
    finally:
        stop.set()
        await worker
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        await sending.close()
    (approved,) = told(content_id)
    assert (approved["version"], approved["subject"], approved["grade"], approved["kind"]) == (4, "mathematics", 4, "lesson")
    assert await world.rows("SELECT FROM outbox") == []
