"""One supervisor per data folder: a lock that the system gives back by itself, even after `kill -9`."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "supervisor.lock"


class AlreadyRunningError(RuntimeError):
    """Another supervisor holds the data folder."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(f"Liên Thông already runs on {folder} (process {pid}). `lienthong stop --data {folder}` ends it.")
        self.pid = pid


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the folder until the block ends. Raises AlreadyRunningError."""
    with _opened(folder) as file:
        if not _try(file):
            raise AlreadyRunningError(folder, _pid(file))
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def holder(folder: Path) -> int | None:
    """Return the process that holds the folder, or None."""
    if not (folder / LOCK).exists():
        return None
    with _opened(folder) as file:
        return None if _try(file) else _pid(file)


def _opened(folder: Path) -> TextIO:
    return (folder / LOCK).open("a+", encoding="utf-8")


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(file: TextIO) -> int:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdecimal() else 0
