"""Shows a run on the terminal: a line for each phase, a spinner for the running one, the summary at the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from stack.board import Mark

if TYPE_CHECKING:
    from types import TracebackType

    from stack.board import Phase, Snapshot

WIDTH = 80
NAME_WIDTH = 12


class RunView:
    """Draws snapshots. Lines that are finished are printed for good; only the running phase is drawn anew."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
        self._phases = self._notes = 0

    def show(self, snapshot: Snapshot) -> None:
        """Draw what has changed since the last call."""
        for note in snapshot.notes[self._notes :]:
            self._console.print(Text(f"  {note}", style="yellow"), soft_wrap=True)
        self._notes = len(snapshot.notes)
        finished = [phase for phase in snapshot.phases if phase.mark != Mark.RUNNING]
        for phase in finished[self._phases :]:
            self._console.print(finished_line(phase))
        self._phases = len(finished)
        if self._live is not None:
            running = [phase for phase in snapshot.phases if phase.mark == Mark.RUNNING]
            starting = ", ".join(process["name"] for process in snapshot.processes if process["state"] != "ready")
            self._live.update(Group(*(Spinner("dots", label(phase, starting)) for phase in running)))

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()


def finished_line(phase: Phase) -> Text:
    """Return the line of a finished phase."""
    failed = phase.mark == Mark.FAILED
    return Text(f"{'✗' if failed else '✓'} {phase.name:<{NAME_WIDTH}} {phase.seconds:>6.1f} s", style="red" if failed else "green")


def label(phase: Phase, starting: str) -> Text:
    """Return the line of the running phase: what it is busy with, or which processes it waits for."""
    return Text(f"{phase.name:<{NAME_WIDTH}} {phase.detail or starting}"[: WIDTH - 3])


def terminal(*, quiet: bool) -> Console:
    """Return the console for progress: standard error when standard output is read by a program."""
    return Console(stderr=quiet, highlight=False, width=None if sys.stdout.isatty() else WIDTH)
