"""One supervised process: readiness, restarts, the end of all that it started."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from stack.engines.engine import free_port
from stack.launch import Launch
from stack.processes import Process, ProcessFailedError, State, Supervised, backoff
from tests.stack.support import eventually, gone, toy


def supervised(process: Process, folder: Path) -> Supervised:
    for name in ("run", "logs"):
        (folder / name).mkdir(exist_ok=True)
    return Supervised(process, folder / "run", folder / "logs", lambda: None)


async def test_ready_only_when_the_probe_says_so(tmp_path: Path) -> None:
    one = supervised(toy("slow", "--ready-after", "0.6"), tmp_path)
    start = asyncio.create_task(one.start())
    await eventually(lambda: one.pid is not None)
    before = one.state
    await start
    assert (before, one.state) == (State.STARTING, State.READY)
    await one.stop()
    assert "a toy says hello" in (tmp_path / "logs" / "slow.log").read_text()


async def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    one = supervised(toy("victim"), tmp_path)
    await one.start()
    first = one.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: one.state is State.READY and one.pid != first)
    assert one.restarts == 1
    await one.stop()
    assert "ended with status -9" in (tmp_path / "logs" / "victim.log").read_text()


async def test_restarts_back_off(tmp_path: Path) -> None:
    one = supervised(toy("crashing", "--crash-after", "0.3"), tmp_path)
    await one.start()
    moments: list[float] = []
    loop = asyncio.get_running_loop()

    def restarted() -> bool:
        if one.restarts > len(moments):
            moments.append(loop.time())
        return len(moments) >= 3

    await eventually(restarted)
    await one.stop()
    assert moments[2] - moments[1] > moments[1] - moments[0] > backoff(1)


def test_the_back_off_doubles_and_is_bounded() -> None:
    assert [backoff(failures) for failures in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff(50) == 30.0


async def test_what_never_becomes_ready_is_given_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    one = supervised(
        Process("broken", lambda: Launch(("sh", "-c", "echo no such table; exit 3"), dict(os.environ)), lambda: False, attempts=2), tmp_path
    )
    with pytest.raises(ProcessFailedError, match="no such table"):
        await one.start()
    assert one.restarts == 1
    await one.stop()


async def test_a_missing_program_is_told_at_once(tmp_path: Path) -> None:
    one = supervised(Process("absent", lambda: Launch(("/no/such/program",), {})), tmp_path)
    with pytest.raises(ProcessFailedError, match="absent cannot be started"):
        await one.start()


async def test_a_process_that_is_late_is_told(tmp_path: Path) -> None:
    one = supervised(toy("late", "--ready-after", "60", ready_seconds=0.5), tmp_path)
    with pytest.raises(ProcessFailedError, match="did not become ready"):
        await one.start()
    pid = one.pid
    await one.stop()
    assert pid is not None
    assert gone(pid)


async def test_an_answer_from_a_stranger_on_our_port_does_not_count(tmp_path: Path) -> None:
    port = free_port()
    stranger = supervised(toy("stranger", port=port), tmp_path)
    await stranger.start()
    ours = supervised(toy("ours", port=port, attempts=1), tmp_path)
    with pytest.raises(ProcessFailedError, match="Address already in use"):
        await ours.start()
    await stranger.stop()


async def test_stopping_ends_children_that_ignore_it(tmp_path: Path) -> None:
    one = supervised(toy("parent", "--child"), tmp_path)
    await one.start()
    assert one.pid is not None
    children = [child.pid for child in psutil.Process(one.pid).children(recursive=True)]
    assert children
    await one.stop()
    await eventually(lambda: all(map(gone, children)))


async def test_a_deaf_process_is_killed(tmp_path: Path) -> None:
    one = supervised(toy("deaf", "--deaf", stop_seconds=0.3), tmp_path)
    await one.start()
    pid = one.pid
    await one.stop()
    assert pid is not None
    assert gone(pid)
    assert one.state is State.STOPPED
    assert not list((tmp_path / "run").iterdir())


async def test_a_sick_process_is_shown_as_not_ready_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.processes.WATCH_SECONDS", 0.1)
    sick = tmp_path / "sick"
    one = supervised(toy("moody", "--sick", str(sick)), tmp_path)
    await one.start()
    sick.touch()
    await eventually(lambda: one.state is State.UNREADY)
    sick.unlink()
    await eventually(lambda: one.state is State.READY)
    await one.stop()
    assert one.restarts == 0
