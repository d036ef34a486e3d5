"""All processes of an installation: started stage by stage, stopped in reverse, reported on."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stack.processes import Supervised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stack.processes import Process


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What `lienthong status` shows of one process; `since` is a Unix time in seconds."""

    name: str
    state: str
    pid: int | None
    port: int | None
    restarts: int
    since: float


class Supervisor:
    """Keeps processes running. Those of one stage start together; a stage begins when the one before is ready."""

    def __init__(self, run: Path, logs: Path, changed: Callable[[], None]) -> None:
        self._run, self._logs, self._changed = run, logs, changed
        self._stages: list[list[Supervised]] = []
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def start(self, processes: Sequence[Process]) -> None:
        """Start one stage and wait until all of it is ready. Raises ProcessFailedError for the first that does not come up."""
        stage = [Supervised(process, self._run, self._logs, self._changed) for process in processes]
        self._stages.append(stage)
        starts = [asyncio.create_task(process.start()) for process in stage]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)

    async def stop(self) -> None:
        """End everything, the last stage first."""
        for stage in reversed(self._stages):
            await asyncio.gather(*(process.stop() for process in stage))

    def status(self) -> list[ProcessStatus]:
        """Return the state of every process in start order."""
        return [
            ProcessStatus(one.process.name, one.state.value, one.pid, one.process.port, one.restarts, one.since)
            for stage in self._stages
            for one in stage
        ]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the state of every process as JSON."""
        return [asdict(status) for status in self.status()]
