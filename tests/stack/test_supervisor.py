"""Stages of processes, and what a killed supervisor leaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stack.files import read_json, write_json
from stack.orphans import MARK, end_orphans
from stack.processes import ProcessFailedError
from stack.supervisor import Supervisor
from tests.stack.support import TOY, eventually, gone, toy

SCRIPT = """
import asyncio, os, sys
from pathlib import Path
from stack.supervisor import Supervisor
from tests.stack.support import toy

async def main(folder):
    supervisor = Supervisor(folder / "run", folder / "logs", lambda: None)
    await supervisor.start([toy("one", "--child"), toy("two", "--deaf")])
    (folder / "ready").touch()
    await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1])))
"""


def spawn(arguments: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(arguments, env={**os.environ, **(environment or {})})


def supervisor(folder: Path) -> Supervisor:
    return Supervisor(folder / "run", folder / "logs", lambda: None)


async def test_stages_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    stages = [toy("first", "--ready-after", "0.3", "--trace", str(trace)), toy("second", "--trace", str(trace))]
    every = supervisor(tmp_path)
    for process in stages:
        await every.start([process])
    assert [status.state for status in every.status()] == ["ready", "ready"]
    await every.stop()
    first, second = (str(process.port) for process in stages)
    assert trace.read_text().splitlines() == [f"start {first}", f"start {second}", f"stop {second}", f"stop {first}"]


async def test_one_that_fails_fails_its_stage(tmp_path: Path) -> None:
    every = supervisor(tmp_path)
    with pytest.raises(ProcessFailedError, match="bad"):
        await every.start([toy("good", "--ready-after", "30"), toy("bad", "--no-such-option", attempts=1)])
    await every.stop()
    assert [status.state for status in every.status()] == ["stopped", "stopped"]


async def test_after_kill_9_of_the_supervisor_its_processes_are_found_and_ended(tmp_path: Path) -> None:
    killed = spawn([sys.executable, "-c", SCRIPT, str(tmp_path)], {"PYTHONPATH": str(TOY.parents[2])})
    await eventually((tmp_path / "ready").exists)
    children = psutil.Process(killed.pid).children(recursive=True)
    assert len(children) == 3
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not any(gone(child.pid) for child in children)
    found = end_orphans(tmp_path / "run", "no such mark")
    assert len(found) == 2
    await eventually(lambda: all(gone(child.pid) for child in children))
    assert end_orphans(tmp_path / "run", "no such mark") == []


def test_a_process_that_was_not_noted_in_time_is_found_by_its_mark(tmp_path: Path) -> None:
    orphan = spawn(["sleep", "600"], {MARK: str(tmp_path)})
    assert len(end_orphans(tmp_path / "run", str(tmp_path))) == 1
    orphan.wait(10)
    assert end_orphans(tmp_path / "run", str(tmp_path)) == []


def test_a_stranger_with_a_remembered_number_is_left_alone(tmp_path: Path) -> None:
    stranger = spawn(["sleep", "600"])
    write_json(tmp_path / "api.json", {"pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time() - 100, "stop_signal": 15})
    assert end_orphans(tmp_path, "no such mark") == []
    assert stranger.poll() is None
    assert read_json(tmp_path / "api.json") == {}
    stranger.kill()
    stranger.wait()
