"""Processes that a killed supervisor left running: found again by number and start time, or by the mark in their environment, and ended."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from stack.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MARK = "LIENTHONG_INSTALLATION"
SAME_START_SECONDS = 1.0
PATIENCE_SECONDS = 10.0


def remember(run: Path, name: str, pid: int, stop_signal: signal.Signals) -> None:
    """Note a started process; its start time tells it from a later one with the same number."""
    with suppress(psutil.NoSuchProcess):
        created = psutil.Process(pid).create_time()
        write_json(run / f"{name}.json", {"pid": pid, "created": created, "stop_signal": int(stop_signal)}, durable=False)


def forget(run: Path, name: str) -> None:
    """Drop the note of a process that has ended."""
    (run / f"{name}.json").unlink(missing_ok=True)


def end_orphans(run: Path, mark: str) -> list[str]:
    """End everything that an earlier supervisor of this installation left, and return what was found, in words."""
    found: dict[int, tuple[psutil.Process, int]] = {}
    for note in sorted(run.glob("*.json")):
        content = read_json(note)
        process = _same(int(content["pid"]), float(content["created"]))
        if process is not None:
            found[process.pid] = (process, int(content["stop_signal"]))
    for process in _marked(mark):
        found.setdefault(process.pid, (process, signal.SIGTERM))
    said = [_describe(process) for process, _ in found.values()]
    leaders = [pid for pid in found if _leads(pid)]
    for process, stop_signal in found.values():
        with suppress(psutil.NoSuchProcess):
            process.send_signal(stop_signal)
    _, stubborn = psutil.wait_procs([process for process, _ in found.values()], timeout=PATIENCE_SECONDS)
    for pid in leaders:  # what a process had started itself ends with it
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=PATIENCE_SECONDS)
    for note in run.glob("*.json"):
        note.unlink()
    return said


def _same(pid: int, created: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - created) < SAME_START_SECONDS else None
    except psutil.NoSuchProcess:
        return None


def _marked(mark: str) -> Iterable[psutil.Process]:
    """Yield processes that were started for this installation, but never our own ancestors."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid not in ours and process.environ().get(MARK) == mark:
                yield process


def _leads(pid: int) -> bool:
    """Tell whether a process leads a group of its own."""
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.name()} (process {process.pid})"
    except psutil.NoSuchProcess:
        return f"process {process.pid}"
