"""`lienthong run` as people use it: from an empty folder to ready, killed, resumed, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from stack.installation import find
from stack.lock import holder
from stack.orphans import MARK, end_orphans
from tests.stack.support import TOY

ROOT = TOY.parents[2]
READY_SECONDS = 60


def lienthong(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    command = [sys.executable, "-m", "stack", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a running sandbox without a world."""
    made = tmp_path_factory.mktemp("lienthong") / "data"
    started = lienthong("run", "--world", "none", "--data", str(made), "--detach")
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        yield made
    finally:
        lienthong("stop", "--data", str(made))
        end_orphans(made / "run", str(made))
        if (installation := find(made)) is not None:
            installation.postgres.destroy()


def status(folder: Path) -> dict[str, Any]:
    return dict(json.loads(lienthong("status", "--data", str(folder), "--json").stdout))


def until_ready(folder: Path) -> dict[str, Any]:
    deadline = time.monotonic() + READY_SECONDS
    while not (seen := status(folder))["ready"]:
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    return seen


def ours(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def gateway_is_healthy(folder: Path) -> bool:
    return bool(httpx.get(f"{status(folder)['gateway']}/health", timeout=30).json()["ready"])


pytestmark = pytest.mark.slow


def test_everything_is_ready_and_the_table_fits_the_terminal(folder: Path) -> None:
    seen = until_ready(folder)
    assert seen["processes"][0]["name"] == "postgres"
    assert {process["state"] for process in seen["processes"]} == {"ready"}
    assert gateway_is_healthy(folder)
    table = lienthong("status", "--data", str(folder))
    assert table.returncode == 0
    assert all(len(line) <= 80 for line in table.stdout.splitlines()[:-1])


def test_a_second_start_is_refused_and_told_who_runs(folder: Path) -> None:
    for option in ([], ["--detach"]):
        second = lienthong("run", "--world", "none", "--data", str(folder), *option)
        assert second.returncode == 1
        assert f"process {holder(folder)}" in " ".join(second.stderr.split())


@pytest.mark.parametrize("name", ["principal", "demo-vendor"])
def test_tokens_are_got_as_a_person_or_a_vendor_would(folder: Path, name: str) -> None:
    printed = lienthong("token", "--as", name, "--data", str(folder))
    assert printed.returncode == 0, printed.stderr
    headers = {"Authorization": f"Bearer {printed.stdout.strip()}"}
    assert httpx.get(f"{status(folder)['gateway']}/registry/v1/learners", headers=headers, timeout=30).status_code == 200


def test_an_unknown_account_is_told_with_the_known_ones(folder: Path) -> None:
    printed = lienthong("token", "--as", "nobody", "--data", str(folder))
    assert printed.returncode == 1
    assert "principal" in printed.stderr


def test_events_are_listed_and_a_replay_is_counted_first(folder: Path) -> None:
    listed = lienthong("events", "list", "identity.account", "--json", "--data", str(folder))
    events = json.loads(listed.stdout)
    assert {event["type"] for event in events} >= {"vn.lienthong.identity.account.created.v1"}
    table = lienthong("events", "list", "identity.account", "--data", str(folder))
    assert all(len(line) <= 80 for line in table.stdout.splitlines())
    replay = lienthong("events", "replay", "insight.probe", "identity.account", "--key", events[0]["key"], "--data", str(folder))
    assert "would be asked for" in replay.stdout
    assert lienthong("events", "dead-letters", "--data", str(folder)).stdout.strip() == "none"
    unknown = lienthong("events", "list", "nonsense", "--data", str(folder))
    assert unknown.returncode == 1
    assert "registry.learner" in unknown.stderr


def test_migrating_again_changes_nothing(folder: Path) -> None:
    assert lienthong("migrate", "registry", "--data", str(folder)).stdout.strip() == "registry: up to date"
    assert lienthong("migrate", "nothing", "--data", str(folder)).returncode == 1
    assert lienthong("migrate", "--down", "--data", str(folder)).returncode == 1


def test_the_sandbox_has_no_realm(folder: Path) -> None:
    refused = lienthong("realm", "plan", "--data", str(folder))
    assert refused.returncode == 1
    assert "lienthong up" in refused.stderr


@pytest.mark.faults
@pytest.mark.parametrize("name", ["postgres", "registry-api", "identity-worker", "envoy"])
def test_a_killed_process_comes_back(folder: Path, name: str) -> None:
    before = next(process for process in until_ready(folder)["processes"] if process["name"] == name)
    os.kill(before["pid"], signal.SIGKILL)
    deadline = time.monotonic() + READY_SECONDS
    while True:
        seen = status(folder)
        after = next(process for process in seen["processes"] if process["name"] == name)
        if after["restarts"] == before["restarts"] + 1 and seen["ready"]:
            break
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
    assert gateway_is_healthy(folder)


@pytest.mark.faults
@pytest.mark.parametrize("everything", [False, True], ids=["supervisor", "everything"])
def test_after_kill_9_a_further_run_resumes(folder: Path, *, everything: bool) -> None:
    before = until_ready(folder)
    supervisor = holder(folder)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    if everything:
        for process in before["processes"]:
            os.kill(process["pid"], signal.SIGKILL)
    again = lienthong("run", "--world", "none", "--data", str(folder), "--detach", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["addresses"]["gateway"] == before["gateway"]
    after = until_ready(folder)
    assert [process["port"] for process in after["processes"]] == [process["port"] for process in before["processes"]]
    assert not {process["pid"] for process in after["processes"]} & {process["pid"] for process in before["processes"]}
    assert gateway_is_healthy(folder)


@pytest.mark.faults
def test_stop_leaves_nothing_behind(folder: Path) -> None:
    assert lienthong("stop", "--data", str(folder)).returncode == 0
    assert ours(folder) == []
    assert status(folder)["running"] is False
    assert lienthong("stop", "--data", str(folder)).stdout.strip() == "It was not running."


def test_an_asked_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ([], ["--detach"]):
            refused = lienthong("run", "--world", "none", "--data", str(tmp_path), "--port", str(port), *option)
            assert refused.returncode == 1
            assert f"Port {port}, asked for gateway, is taken by" in " ".join(refused.stderr.split())
