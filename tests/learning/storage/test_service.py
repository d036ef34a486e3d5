"""The service on an S3-compatible store: the whole way, and the store going away under it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.learning.main import SERVICE
from services.learning.storage import s3 as s3_module
from tests.learning.conftest import World
from tests.learning.samples import PDF, content
from tests.learning.storage.simulator import ACCESS_KEY, REGION, SECRET_KEY, Store, simulating
from tests.support.postgres import TestDatabase
from tests.support.service import running
from tests.support.tokens import Issuer


@pytest.fixture
async def placed(
    database: TestDatabase, bus: TestDatabase, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[World, Store]]:
    monkeypatch.setattr(s3_module, "FIRST_WAIT_SECONDS", 0.01)
    with simulating() as store:
        settings = {
            "learning_storage": "s3://bucket/learning",
            "learning_s3_endpoint": store.url,
            "learning_s3_region": REGION,
            "learning_s3_access_key": ACCESS_KEY,
            "learning_s3_secret_key": SECRET_KEY,
        }
        async with running(SERVICE, database, bus, issuer, **settings) as client:
            world = World(client, issuer, database, Path())
            await world.plant()
            yield world, store


async def test_upload_and_download(placed: tuple[World, Store]) -> None:
    world, store = placed
    path = f"/contents/{await world.approved()}/file"
    assert list(store.objects.values()) == [PDF]
    assert (await world.stranger.get(path)).content == PDF
    part = await world.stranger.get(path, {"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, PDF[1:4])
    store.mood = ["other bytes"]
    assert (await world.stranger.get(path)).status_code == 500
    store.mood = ["503"]
    down = await world.stranger.get(path)
    assert (down.status_code, down.json()["type"]) == (503, "urn:lienthong:problem:storage-unavailable")


async def test_a_store_that_is_down_leaves_the_draft_as_it_was(placed: tuple[World, Store]) -> None:
    world, store = placed
    made = await world.teacher.must("/workspace", content())
    store.mood = ["fine", "503", "hang up", "503"]
    refused = await world.teacher.upload(made["content_id"])
    assert refused.status_code == 503
    assert (await world.teacher.get("/workspace/" + made["content_id"])).json() == made
    assert (await world.teacher.upload(made["content_id"])).json()["version"] == 2
