"""The whole platform as an operator starts it, and what a test does to it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from stack import board
from stack.installation import ROOT, Installation, find
from stack.ports import DEFAULTS
from stack.processes import State
from stack.tokens import access_token
from tests.gateway.harness import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_SECONDS = 420


@dataclass(frozen=True, slots=True)
class Platform:
    """A running installation with its world."""

    installation: Installation

    @property
    def url(self) -> str:
        """Return the gateway's address."""
        return self.installation.gateway_url

    def token(self, name: str) -> str:
        """Sign in as a demonstration account or client."""
        return asyncio.run(access_token(self.installation, name))

    def client(self, token: str) -> httpx.Client:
        """Return a client of the gateway with a token."""
        return httpx.Client(base_url=self.url, headers={"Authorization": "Bearer " + token}, timeout=20.0, trust_env=False)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line on this installation."""
        return lienthong(*arguments, "--data", str(self.installation.folder))

    @property
    def processes(self) -> dict[str, int]:
        """Return the ids of all processes by name."""
        snapshot = board.read(self.installation.folder)
        assert snapshot is not None
        return {process["name"]: process["pid"] for process in snapshot.processes}

    @property
    def is_ready(self) -> bool:
        """Tell whether the supervisor says of every process that it is ready."""
        snapshot = board.read(self.installation.folder)
        assert snapshot is not None
        return all(process["state"] == State.READY for process in snapshot.processes)

    def has_restarted(self, name: str, before: int) -> bool:
        """Tell whether a process has a successor and everything is ready."""
        return self.processes[name] not in {before, None} and self.is_ready

    def kill(self, name: str) -> None:
        """End a process without warning, and wait until the supervisor has a new one ready."""
        before = self.processes[name]
        os.kill(before, signal.SIGKILL)
        eventually(lambda: self.has_restarted(name, before), 60)


def lienthong(*arguments: str, seconds: float = START_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run the command line and return what it printed."""
    command = [sys.executable, "-m", "stack", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=seconds)


def start(folder: Path, profile: str) -> Platform:
    """Start an installation on free ports with the default world; raises AssertionError with what it printed."""
    ports = [argument for name in DEFAULTS for argument in ("--port", f"{name}={free_port()}")]
    done = lienthong("run", "--profile", profile, "--data", str(folder), *ports, "--detach", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert outcome
    installation = find(folder)
    assert installation is not None
    return Platform(installation)


def eventually(check: Callable[[], bool], seconds: float) -> float:
    """Wait until the check holds and return how long it took; raises AssertionError when it does not in time."""
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, f"did not come about within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


def missing_engine(profile: str) -> str | None:
    """Say which engine a profile lacks on this machine."""
    if profile == "full" and not (shutil.which("java") and shutil.which("mvn")):
        return "Java 17 and Maven are needed for Kafka and Keycloak"
    return None
