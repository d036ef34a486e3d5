"""What a killed PostgreSQL leaves behind: a lock file that may name a stranger, and server processes that outlive their parent briefly."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import psutil

from stack.engines.engine import EngineError

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FILE = "postmaster.pid"
STATUS_LINE = 7
WAITS_SECONDS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
ORPHANS_SECONDS = 10.0


def postmaster_status(data: Path) -> str | None:
    """Return what the server last said of itself (starting, ready, stopping, standby), or None when there is no server."""
    lines = _lock_lines(data)
    return lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else None


def clear_postmaster(data: Path) -> None:
    """End a server that still runs on this folder without us, and remove a lock file whose process number now belongs to another program.

    Raises EngineError when it cannot be ended.
    """
    lines = _lock_lines(data)
    process = _process(int(lines[0])) if lines and lines[0].strip().isdecimal() else None
    if process is not None and _works_in(process, data):
        _end(process)
    _end_children(data)
    # The server is gone: its last word must not pass for the next one's, nor the number, if given to a stranger, keep the next one out.
    (data / LOCK_FILE).unlink(missing_ok=True)


def _lock_lines(data: Path) -> list[str]:
    try:
        return (data / LOCK_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Tell whether it is a PostgreSQL of this folder: every one of its processes works in it."""
    try:
        return process.name().startswith("postgres") and process.cwd() == str(data.resolve())
    except psutil.Error:
        return False


def _end(process: psutil.Process) -> None:
    for order, seconds in WAITS_SECONDS:
        try:
            process.send_signal(order)
            process.wait(seconds)
        except psutil.TimeoutExpired:
            continue
        except psutil.NoSuchProcess:
            return
        return
    raise EngineError(f"PostgreSQL (process {process.pid}) runs on this folder and cannot be ended.")


def _end_children(data: Path) -> None:
    """Wait for servers without a parent (they notice and end by themselves); end those that do not."""
    left = [process for process in psutil.process_iter() if _works_in(process, data)]
    _, stubborn = psutil.wait_procs(left, timeout=ORPHANS_SECONDS)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=ORPHANS_SECONDS)
