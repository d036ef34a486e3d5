"""What a run has done so far: kept in memory, written to a file for `status` and for the caller of `--detach`, shown on a console."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from stack.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE = "status.json"


class Mark(StrEnum):
    """How far a phase is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Phase:
    """One step of a run; `detail` says what it is busy with, `seconds` how long it took."""

    name: str
    mark: str = Mark.RUNNING
    seconds: float = 0.0
    detail: str = ""


@dataclass(slots=True)
class Snapshot:
    """A run at one moment. `outcome` is there once it is ready; `error` once it has failed."""

    pid: int = 0
    started_at: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    processes: list[dict[str, Any]] = field(default_factory=list)
    ready: bool = False
    error: str | None = None
    outcome: dict[str, Any] | None = None


class Board:
    """The snapshot of our own run; every change goes to the file and to whoever shows it."""

    def __init__(self, folder: Path, show: Callable[[Snapshot], None]) -> None:
        self._file, self._show = folder / FILE, show
        self.now = Snapshot(pid=os.getpid(), started_at=time.time())
        self.processes: Callable[[], list[dict[str, Any]]] = list
        self.changed()

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Show a phase while the block runs."""
        phase, started = Phase(name), time.monotonic()
        self.now.phases.append(phase)
        self.changed()
        try:
            yield phase
            phase.mark = Mark.DONE
        except BaseException:
            phase.mark = Mark.FAILED
            raise
        finally:
            phase.seconds, phase.detail = round(time.monotonic() - started, 1), ""
            self.changed()

    def detail(self, text: str) -> None:
        """Say what the running phase is busy with."""
        self.now.phases[-1].detail = text
        self.changed()

    def progress(self, step: str, done: int, total: int) -> None:
        """Say how far the running phase is."""
        self.detail(f"{step} {done}/{total}")

    def note(self, text: str) -> None:
        """Say something that people should know."""
        self.now.notes.append(text)
        self.changed()

    def finish(self, outcome: dict[str, Any]) -> None:
        """Everything is ready."""
        self.now.ready, self.now.outcome = True, outcome
        self.changed()

    def fail(self, error: str) -> None:
        """The run has failed."""
        self.now.ready, self.now.error = False, error
        self.changed()

    def changed(self) -> None:
        """Write and show the present state."""
        self.now.processes = self.processes()
        write_json(self._file, asdict(self.now), durable=False)
        self._show(self.now)


def read(folder: Path) -> Snapshot | None:
    """Return what a run of this folder last wrote, or None."""
    content = read_json(folder / FILE)
    if not content:
        return None
    return Snapshot(**{**content, "phases": [Phase(**phase) for phase in content["phases"]]})
