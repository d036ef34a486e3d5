"""A run in the background: started, watched until it is ready, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from stack import board, lock
from stack.engines.engine import tail
from stack.installation import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stack.board import Snapshot
    from stack.boot import Wish

LOG = "supervisor.log"
POLL_SECONDS = 0.1
STOP_SECONDS = 90.0


class DetachedFailedError(RuntimeError):
    """The run in the background ended before it was ready; the text says why."""


class NotStoppedError(RuntimeError):
    """The supervisor did not end in time."""


def start(wish: Wish, arguments: list[str], show: Callable[[Snapshot], None]) -> Snapshot:
    """Start `lienthong run` with these arguments in the background and return its state when it is ready.

    Raises AlreadyRunningError, DetachedFailedError.
    """
    wish.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    holder = lock.holder(wish.folder)
    if holder is not None:
        raise lock.AlreadyRunningError(wish.folder, holder)
    logs = wish.folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    (wish.folder / board.FILE).unlink(missing_ok=True)
    with (logs / LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "stack", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _until_ready(child, wish.folder, show)
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        child.wait()
        raise


def _until_ready(child: subprocess.Popen[bytes], folder: Path, show: Callable[[Snapshot], None]) -> Snapshot:
    while True:
        ended = child.poll() is not None
        snapshot = board.read(folder)
        if snapshot is not None and snapshot.pid == child.pid:
            show(snapshot)
            if snapshot.ready and not ended:
                return snapshot
        if ended:
            told = snapshot.error if snapshot is not None and snapshot.pid == child.pid else None
            raise DetachedFailedError(told or f"The supervisor ended. Its last words:\n{tail(folder / 'logs' / LOG)}")
        time.sleep(POLL_SECONDS)


def stop(folder: Path) -> bool:
    """End the supervisor of a folder and all its processes; return False when none runs. Raises NotStoppedError."""
    pid = lock.holder(folder)
    if not pid:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while lock.holder(folder) is not None:
        if time.monotonic() > deadline:
            raise NotStoppedError(f"The supervisor (process {pid}) did not end within {STOP_SECONDS:.0f} s.")
        time.sleep(POLL_SECONDS)
    return True
