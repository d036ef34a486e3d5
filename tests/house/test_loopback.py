"""The way out is closed for names, addresses and datagrams, and open for this machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.loopback import is_local
from tests.house.source import ROOT

PROGRAM = """
import socket, sys
from tests.house.loopback import OutsideError, pytest_configure
pytest_configure()
listener = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listener.getsockname()).close()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
attempts = [
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.1),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: datagrams.sendto(b"x", ("192.0.2.1", 53)),
]
refused = 0
for attempt in attempts:
    try:
        attempt()
    except OutsideError:
        refused += 1
sys.exit(0 if refused == len(attempts) else 1)
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "", "0.0.0.0", "::1%lo"])  # noqa: S104 - a wildcard is local
def test_local(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1", "localhost.example.org"])
def test_not_local(host: str) -> None:
    assert not is_local(host)


def test_the_hook_refuses_what_leaves_the_machine() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
