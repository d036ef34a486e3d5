"""How a process is started: one value that the supervisor and the tests both understand."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Launch:
    """A command line with its surroundings. `user` and `group` are numeric ids, given only when we are root and the program must not be."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM

    def options(self, log: IO[bytes]) -> dict[str, Any]:
        """Return the keyword arguments of Popen. Each process leads its own session, so that all it starts can be ended with it."""
        options: dict[str, Any] = {
            "env": dict(self.environment),
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            "stdout": log,
            "stderr": subprocess.STDOUT,
            "start_new_session": True,
        }
        if self.user is not None:
            options |= {"user": self.user, "group": self.group, "extra_groups": []}
        return options
