"""Tests talk to this machine only: a pytest plugin (`pytest_plugins = ["tests.house.loopback"]` in tests/conftest.py)."""

from __future__ import annotations

import ipaddress
import sys

LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain"})
CONNECTING = frozenset({"socket.connect", "socket.sendto"})


class OutsideError(RuntimeError):
    """A test tried to reach another machine."""


def is_local(host: str) -> bool:
    """Tell whether a host name or address is this machine; a name that would have to be looked up is not."""
    if host in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: raise OutsideError before a connection or a look-up leaves the machine."""
    if event in CONNECTING and isinstance(arguments[1], tuple) and not is_local(str(arguments[1][0])):
        raise OutsideError(f"tests reach loopback addresses only, not {arguments[1][0]}")
    if event == "socket.getaddrinfo" and arguments[0] is not None:
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
        if not is_local(host):
            raise OutsideError(f"tests reach loopback addresses only, not {host}")


def pytest_configure() -> None:
    """Close the way out for the rest of the run; an audit hook cannot be taken off again."""
    sys.addaudithook(refuse_outside)
