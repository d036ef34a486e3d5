"""Runs one command of a service or of the gateway to its end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

from stack.engines.engine import tail
from stack.installation import ROOT
from stack.plan import python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.installation import Installation


class CommandFailedError(RuntimeError):
    """A command ended with another status than 0; the text holds the end of what it said."""


async def run_logged(installation: Installation, name: str, environment: Mapping[str, str], module: str, *arguments: str) -> None:
    """Run a module; what it says goes to `logs/<name>.log`. Raises CommandFailedError."""
    launch = python(environment, module, *arguments)
    target = installation.logs_folder / f"{name}.log"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with target.open("ab") as log:
        child = await asyncio.create_subprocess_exec(*launch.arguments, **launch.options(log))
    try:
        status = await child.wait()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if status != 0:
        raise CommandFailedError(f"{module} {' '.join(arguments)} ended with status {status}. The end of {target}:\n{tail(target)}")


async def migrate(installation: Installation, service: str, *, down: bool = False) -> None:
    """Bring a service's database to its newest revision, or take every revision down. Raises CommandFailedError."""
    arguments = ("migrate", "--down") if down else ("migrate",)
    await run_logged(
        installation, f"{service}-migrate", installation.environment(service, owner=True), f"services.{service}.main", *arguments
    )


def run_shown(environment: Mapping[str, str], module: str, *arguments: str) -> int:
    """Run a module on this terminal and return its exit status."""
    return subprocess.run([sys.executable, "-m", module, *arguments], env=dict(environment), cwd=ROOT, check=False).returncode
