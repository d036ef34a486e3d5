"""Which port each process gets: the default, the one kept from the last run, the one asked for, or the next free one."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

HOST = "127.0.0.1"
DEFAULTS: Mapping[str, int] = {
    "gateway": 8080,
    "envoy-admin": 9901,
    "gateway-pages": 8081,
    "identity": 8101,
    "registry": 8102,
    "insight": 8103,
    "assets": 8104,
    "egov": 8105,
    "learning": 8106,
    "identity-worker": 8201,
    "registry-worker": 8202,
    "insight-worker": 8203,
    "assets-worker": 8204,
    "egov-worker": 8205,
    "learning-worker": 8206,
    "postgres": 8432,
    "kafka": 8092,
    "kafka-controller": 8093,
    "keycloak": 8180,
}
FULL_ONLY = frozenset({"kafka", "kafka-controller", "keycloak"})
HIGHEST = 65_535


class PortTakenError(RuntimeError):
    """A port that was asked for by name belongs to somebody else; the text says who."""


class PortOptionError(ValueError):
    """A port option cannot be read."""


def parse(options: Iterable[str]) -> dict[str, int]:
    """Return ports by process name from options such as `9080` (the gateway) or `postgres=9432`. Raises PortOptionError."""
    chosen: dict[str, int] = {}
    for option in options:
        name, _, number = option.rpartition("=")
        name = name or "gateway"
        if name not in DEFAULTS:
            raise PortOptionError(f"{option!r}: no process is called {name!r}; known: {', '.join(sorted(DEFAULTS))}")
        if not number.isdecimal() or not 1 <= int(number) <= HIGHEST:
            raise PortOptionError(f"{option!r}: a port is a number from 1 to {HIGHEST}")
        chosen[name] = int(number)
    return chosen


def choose(
    names: Iterable[str], kept: Mapping[str, int], asked: Mapping[str, int], free: Callable[[int], bool], owner: Callable[[int], str]
) -> dict[str, int]:
    """Return a port for each name. Raises PortTakenError when an asked one is taken; any other taken one gives way to the next free one."""
    chosen: dict[str, int] = {}
    ordered = sorted(names, key=lambda name: name not in asked)  # what was asked for is not given away to a neighbour
    for name in ordered:
        port = asked.get(name) or kept.get(name) or DEFAULTS[name]
        taken = set(chosen.values())
        if name in asked:
            if port in taken or not free(port):
                holder = next((other for other, given in chosen.items() if given == port), None) or owner(port)
                raise PortTakenError(f"Port {port}, asked for {name}, is taken by {holder}. Choose another with --port {name}=NUMBER.")
        else:
            while port in taken or port in asked.values() or not free(port):
                port += 1
        chosen[name] = port
    return chosen


def moved(before: Mapping[str, int], after: Mapping[str, int]) -> str | None:
    """Return which processes had to give way, in words, or None."""
    changes = [f"{name} {before[name]} → {port}" for name, port in after.items() if before.get(name, port) != port]
    return f"Other programs hold some ports; moved: {', '.join(changes)}." if changes else None


def is_free(port: int) -> bool:
    """Tell whether we could listen on a loopback port now."""
    if port > HIGHEST:
        raise PortTakenError(f"No port is free up to {HIGHEST}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def reserving() -> Iterator[Callable[[int], bool]]:
    """Lend a way to take free ports that no other installation gets while the block runs, whether their processes listen yet or not.

    What is taken is a name among the kernel's abstract sockets: it has one owner on the machine, and goes when its process ends in any way.
    """
    with ExitStack() as taken:

        def take(port: int) -> bool:
            if not is_free(port):
                return False
            token = taken.enter_context(socket.socket(socket.AF_UNIX))
            try:
                token.bind(f"\0lienthong port {port}")
            except OSError:
                return False
            return True

        yield take


def owner(port: int) -> str:
    """Return who listens on a port, in words."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:  # some systems tell this only to the administrator
        pass
    return "another program, or an installation that is starting"
