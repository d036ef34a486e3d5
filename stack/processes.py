"""One process under supervision: started, waited for, watched, restarted with back-off, stopped with all that it started."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import psutil

from stack.engines.engine import EngineError, tail
from stack.logs import rotate
from stack.orphans import forget, remember

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stack.launch import Launch

HOST = "127.0.0.1"
POLL_SECONDS = 0.1
WATCH_SECONDS = 3.0
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0
SETTLED_SECONDS = 1.5


class State(StrEnum):
    """Where a process stands."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "not ready"
    WAITING = "waiting to restart"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Process:
    """What to run. `prepare` comes before each start; `ready` answers quickly and is asked again and again; both may block.

    Without `ready` the process has no port to ask at: it counts as ready once it has stayed up for a moment.

    `attempts` bounds the starts until it is first ready: a process that never was is not hidden behind endless restarts. `further_logs` are
    files that it appends to by itself; they are kept from growing without end like its own log.
    """

    name: str
    launch: Callable[[], Launch]
    ready: Callable[[], bool] | None = None
    prepare: Callable[[], None] | None = None
    port: int | None = None
    ready_seconds: float = 60.0
    stop_seconds: float = 15.0
    attempts: int = 3
    further_logs: tuple[Path, ...] = ()


class ProcessFailedError(RuntimeError):
    """A process did not become ready; the text holds the end of its log."""


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many ends in a row: doubling, bounded."""
    return float(min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** max(0, failures - 1)))


def answers_http(port: int, path: str = "/health/ready") -> Callable[[], bool]:
    """Return a probe: GET answers 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(HOST, port, timeout=3)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def answers_tcp(port: int) -> Callable[[], bool]:
    """Return a probe: a connection is taken."""

    def probe() -> bool:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        return False

    return probe


def listens(pid: int | None, port: int | None) -> bool:
    """Tell whether a process, or one that it started, listens on a port."""
    try:
        parent = psutil.Process(pid)
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for process in (parent, *parent.children(recursive=True))
            for connection in process.net_connections("tcp")
        )
    except psutil.NoSuchProcess:
        return False


class Supervised:
    """Keeps one process running until told to stop. `changed` is called at every change of state."""

    def __init__(self, process: Process, run: Path, logs: Path, changed: Callable[[], None]) -> None:
        self.process, self._run, self.log, self._changed = process, run, logs / f"{process.name}.log", changed
        self.state, self.since, self.restarts = State.STOPPED, time.time(), 0
        self.pid: int | None = None
        self._stopping, self._was_ready = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start and wait until ready. Raises ProcessFailedError."""
        self._task = asyncio.create_task(self._keep(), name=self.process.name)
        ready = asyncio.create_task(self._was_ready.wait())
        try:
            await asyncio.wait({self._task, ready}, timeout=self.process.ready_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if not self._was_ready.is_set():
            if self._task.done() and (error := self._task.exception()):
                raise ProcessFailedError(f"{self.process.name} cannot be started: {error}") from error
            raise ProcessFailedError(f"{self.process.name} did not become ready. The end of {self.log}:\n{tail(self.log)}")

    async def stop(self) -> None:
        """End the process and wait for its end; harmless when it does not run."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            await self._once()
            failures = failures + 1 if time.monotonic() - started < STEADY_SECONDS else 1
            if self._stopping.is_set():
                break
            if not self._was_ready.is_set() and failures >= self.process.attempts:
                self._set(State.STOPPED)
                return
            self.restarts += 1
            self._set(State.WAITING)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), backoff(failures))
        self._set(State.STOPPED)

    async def _once(self) -> None:
        """Run the process from start to end; whatever happens, nothing of it is left afterwards."""
        self._set(State.STARTING)
        try:
            if self.process.prepare is not None:
                await asyncio.to_thread(self.process.prepare)
            launch = self.process.launch()
            with self.log.open("ab") as log:
                child = await asyncio.create_subprocess_exec(*launch.arguments, **launch.options(log))
        except (OSError, EngineError) as error:
            if not self._was_ready.is_set():
                raise
            self._note(f"cannot be started: {error}")
            return
        self.pid = child.pid
        remember(self._run, self.process.name, child.pid, launch.stop_signal)
        try:
            await self._watch(child, launch.stop_signal)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
            forget(self._run, self.process.name)
            self.pid = None
        if not self._stopping.is_set():
            self._note(f"ended with status {child.returncode}")

    async def _watch(self, child: asyncio.subprocess.Process, stop_signal: signal.Signals) -> None:
        ended = asyncio.create_task(child.wait())
        told = asyncio.create_task(self._stopping.wait())
        try:
            while not ended.done() and not told.done():
                await self._probe()
                pause = WATCH_SECONDS if self.state is State.READY else POLL_SECONDS
                await asyncio.wait({ended, told}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                with suppress(ProcessLookupError):
                    child.send_signal(stop_signal)
                await asyncio.wait({ended}, timeout=self.process.stop_seconds)
        finally:
            told.cancel()
            ended.cancel()

    async def _probe(self) -> None:
        ready = await asyncio.to_thread(self._is_ready)
        if ready and self.state is not State.READY:
            self._set(State.READY)
            self._was_ready.set()
        elif not ready and self.state is State.READY:
            self._set(State.UNREADY)
        for log in (self.log, *self.process.further_logs):
            await asyncio.to_thread(rotate, log)

    def _is_ready(self) -> bool:
        """Ask the process; the first answer counts only if the port is its own, not that of a stranger who was faster."""
        if self.process.ready is None:
            return self.state is State.READY or time.time() - self.since > SETTLED_SECONDS
        first = self.state is not State.READY and self.process.port is not None
        return self.process.ready() and (not first or listens(self.pid, self.process.port))

    def _set(self, state: State) -> None:
        self.state, self.since = state, time.time()
        self._changed()

    def _note(self, text: str) -> None:
        """Write a line of our own into the process's log, so that the reason stands beside the traces."""
        line = f"-- lienthong: {self.process.name} {text}\n"
        with self.log.open("a", encoding="utf-8") as log:
            log.write(line)
        sys.stderr.write(line)
