"""What every engine can do: prepare its folder, say how it is launched, tell whether it is ready; start and stop by itself for tests."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from stack.launch import Launch

POLL_SECONDS = 0.05
STOP_SECONDS = 30.0
SHOWN_LINES = 20


class EngineError(RuntimeError):
    """An engine cannot be prepared or does not become ready; the text says what to do, with the last lines of its log."""


class EngineMissingError(EngineError):
    """A program or artefact that the engine needs is not on this machine."""


class Engine(ABC):
    """An engine in a folder on a loopback port. `prepare` may be repeated; it never destroys data."""

    name: ClassVar[str]
    ready_seconds: ClassVar[float]

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def notes(self) -> list[str]:
        """Return what people should know about how the prepared engine runs here."""
        return []

    @abstractmethod
    def prepare(self) -> None:
        """Make the folder ready for a start, and clear what a killed engine left. Raises EngineError."""

    @abstractmethod
    def launch(self) -> Launch:
        """Return how the prepared engine is started."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether the engine takes work."""

    @property
    def log(self) -> Path:
        """Return the file that `start` lets the engine write to."""
        return self.folder / f"{self.name}.log"

    def start(self) -> Self:
        """Prepare, start and wait until ready. Raises EngineError with the end of the log."""
        self.prepare()
        launch = self.launch()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(launch.arguments, **launch.options(log))
        atexit.register(self.stop)
        deadline = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EngineError(f"{self.name} did not become ready within {self.ready_seconds:.0f} s:\n{tail(self.log)}")
            time.sleep(POLL_SECONDS)
        return self

    def stop(self) -> None:
        """End the engine and all it started; harmless when it does not run."""
        process, self._process = self._process, None
        atexit.unregister(self.stop)
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(self.launch().stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill(self) -> None:
        """End the engine as a crash would (for tests of faults): SIGKILL, nothing is tidied up."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log: Path, lines: int = SHOWN_LINES) -> str:
    """Return the last lines of a log, or that there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - lines * 400))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])
