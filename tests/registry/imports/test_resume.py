"""A worker killed at any state leaves nothing behind but the file, and the next one brings the run to its end, once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from services.registry.imports import worker
from services.registry.imports.processor import Processor
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file, learner_code

# A worker that stops before the statement named in its arguments, and waits there to be killed.
WORKER = """
import asyncio, sys
from services.registry.imports import processor, worker
from services.registry.imports.settings import ImportSettings

url, place = sys.argv[1:]

def stopping(name):
    original = getattr(processor.Processor, name)
    async def stopped(self, *arguments):
        print("stopped", flush=True)
        await asyncio.sleep(60)
        return await original(self, *arguments)
    setattr(processor.Processor, name, stopped)

def after(name):
    original = getattr(processor.Processor, name)
    async def stopped(self, *arguments):
        result = await original(self, *arguments)
        print("stopped", flush=True)
        await asyncio.sleep(60)
        return result
    setattr(processor.Processor, name, stopped)

when, name = place.split(":")
(stopping if when == "before" else after)(name)
asyncio.run(worker.work_once(url, ImportSettings()))
"""


def kill_at(importer: Importer, place: str) -> None:
    """Run a worker until it stands at the place, then kill it without mercy."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, importer.world.database.url, place], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize(
    ("place", "state"),
    [
        ("before:_fetch", "received"),
        ("before:_stage_check_apply", "received"),
        ("before:_check", "staged"),
        ("before:_apply", "validated"),
        ("after:_apply", "validated"),
    ],
)
async def test_a_killed_worker_is_followed_by_another(importer: Importer, place: str, state: str) -> None:
    before = await importer.counts()
    content = file("learners", *({"ministry_code": learner_code(number)} for number in range(20)))
    import_id = (await importer.send("learners", content)).json()["import_id"]
    await asyncio.to_thread(kill_at, importer, place)
    assert (await importer.read(import_id)).json()["state"] == state
    assert await importer.counts() == before
    await until_done(importer)
    run = (await importer.read(import_id)).json()
    assert (run["state"], run["created"]) == ("applied", 20)
    assert await importer.value("SELECT count(*) FROM outbox WHERE topic = 'registry.learner'") == 20


async def test_a_worker_killed_after_the_end_leaves_it_at_the_end(importer: Importer) -> None:
    import_id = (await importer.send("learners", file("learners", {}))).json()["import_id"]
    await asyncio.to_thread(kill_at, importer, "after:process")
    assert (await importer.read(import_id)).json()["state"] == "applied"
    assert await importer.work() == 0
    assert await importer.value("SELECT count(*) FROM outbox WHERE topic = 'registry.learner'") == 1


async def test_two_workers_share_the_queue(importer: Importer) -> None:
    for number in range(6):
        await importer.send("learners", file("learners", {"ministry_code": learner_code(number)}))
    await asyncio.gather(importer.work(), importer.work())
    await until_done(importer)
    assert await importer.value("SELECT count(*) FROM import_run WHERE state = 'applied'") == 6
    assert await importer.value("SELECT count(*) FROM learner") == 6


async def test_two_imports_of_one_learner_end_in_one_learner(importer: Importer, clerk: Importer) -> None:
    await importer.send("learners", file("learners", {}))
    await clerk.send("learners", file("learners", {}))
    await asyncio.gather(importer.work(), importer.work())
    await until_done(importer)
    assert await importer.value("SELECT count(*) FROM learner") == 1
    assert await importer.value("SELECT sum(created) FROM import_run") == 1


async def test_a_run_that_breaks_does_not_hold_up_the_others(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (await importer.send("learners", file("learners", {}))).json()["import_id"]
    other = (await importer.send("learners", file("learners", {"ministry_code": learner_code(2)}))).json()["import_id"]
    original = Processor.process

    async def breaking(self: Processor, import_id: UUID) -> None:
        if str(import_id) == broken:
            await self._begin(import_id)
            raise ZeroDivisionError
        await original(self, import_id)

    with monkeypatch.context() as patched:
        patched.setattr(Processor, "process", breaking)
        for _ in range(importer.limits.max_attempts):
            await importer.work()
    assert (await importer.read(other)).json()["state"] == "applied"
    await importer.work()
    run = (await importer.read(broken)).json()
    assert (run["state"], run["failure"]) == ("failed", "too_many_attempts")


async def test_the_job_works_until_it_is_cancelled(importer: Importer) -> None:
    settings = importer.world.client._transport.app.state.settings  # type: ignore[attr-defined] # noqa: SLF001 - the application under test
    job = asyncio.create_task(worker.run(settings))
    import_id = (await importer.send("learners", file("learners", {}))).json()["import_id"]
    deadline = time.monotonic() + 20
    while (await importer.read(import_id)).json()["state"] != "applied":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job


async def until_done(importer: Importer) -> None:
    """Work until nothing waits: a killed worker's lock goes when the server notices that it is gone."""
    deadline = time.monotonic() + 20
    while await importer.value("SELECT count(*) FROM import_run WHERE finished_at IS NULL"):
        assert time.monotonic() < deadline
        if not await importer.work():
            await asyncio.sleep(0.1)
