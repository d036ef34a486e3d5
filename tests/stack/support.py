"""What the tests of the stack share: toy processes, waiting with a bound, and acting as another user."""

import asyncio
import os
import pwd
import sys
import time
from collections.abc import Callable
from pathlib import Path

from stack.engines.engine import free_port
from stack.launch import Launch
from stack.processes import Process, answers_http

TOY = Path(__file__).with_name("toy.py")
ROOT = os.geteuid() == 0


def toy(
    name: str, *options: str, port: int | None = None, ready_seconds: float = 20, stop_seconds: float = 10, attempts: int = 3
) -> Process:
    """Return a process that runs the toy server."""
    number = port or free_port()
    launch = Launch((sys.executable, str(TOY), "--port", str(number), *options), dict(os.environ))
    probe = answers_http(number)
    return Process(name, lambda: launch, probe, None, number, ready_seconds, stop_seconds, attempts)


async def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until it holds. Fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Tell whether no process has this number, or only its remains."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z"


def as_ordinary_user(act: Callable[[], None]) -> int:
    """Run a function in a child process without root's rights and return its exit status; 0 is good."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        if ROOT:
            entry = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
        act()
    except BaseException as error:  # noqa: BLE001 - the parent sees the status only
        sys.stderr.write(f"{error!r}\n")
        os._exit(1)
    os._exit(0)
