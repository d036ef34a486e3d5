"""Which port each process gets."""

import json
import os
import socket
import sys
from subprocess import PIPE, Popen

import pytest

from stack.engines.engine import free_port
from stack.installation import ROOT
from stack.ports import DEFAULTS, PortOptionError, PortTakenError, choose, is_free, moved, owner, parse, reserving


def nobody(port: int) -> str:
    return f"the program on {port}"


def test_defaults_when_all_is_free() -> None:
    assert choose(DEFAULTS, {}, {}, lambda _: True, nobody) == dict(DEFAULTS)


def test_a_taken_default_gives_way_to_the_next_free_port() -> None:
    chosen = choose(["gateway", "gateway-pages"], {}, {}, lambda port: port != 8080, nobody)
    assert chosen["gateway"] == 8081
    assert chosen["gateway-pages"] == 8082


def test_what_gave_way_is_told() -> None:
    assert (
        moved({"gateway": 8080, "registry": 8102}, {"gateway": 8082, "registry": 8102})
        == "Other programs hold some ports; moved: gateway 8080 → 8082."
    )
    assert moved({"gateway": 8080}, {"gateway": 8080}) is None


def test_a_kept_port_comes_before_the_default() -> None:
    assert choose(["registry"], {"registry": 9999}, {}, lambda _: True, nobody) == {"registry": 9999}


def test_an_asked_port_that_is_taken_is_an_error_that_says_who_has_it() -> None:
    with pytest.raises(PortTakenError, match=r"Port 9000, asked for gateway, is taken by the program on 9000.*--port gateway=NUMBER"):
        choose(["gateway"], {"gateway": 8080}, {"gateway": 9000}, lambda _: False, nobody)


def test_two_processes_cannot_ask_for_one_port() -> None:
    with pytest.raises(PortTakenError, match="taken by gateway"):
        choose(["gateway", "registry"], {}, {"gateway": 9000, "registry": 9000}, lambda _: True, nobody)


def test_an_asked_port_is_not_given_to_a_neighbour() -> None:
    assert choose(["identity", "insight"], {}, {"insight": 8101}, lambda _: True, nobody) == {"insight": 8101, "identity": 8102}


def test_the_real_owner_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert f"(process {os.getpid()})" in owner(port)
    assert is_free(free_port())


CHOOSE = """
import json, sys
from stack.ports import DEFAULTS, choose, owner, reserving
with reserving() as free:
    print(json.dumps(choose(DEFAULTS, {}, {}, free, owner)), flush=True)
    sys.stdin.read()
"""


def test_installations_that_start_at_once_get_ports_of_their_own() -> None:
    """No process of any of them listens yet."""
    starting = [Popen([sys.executable, "-c", CHOOSE], stdin=PIPE, stdout=PIPE, cwd=ROOT) for _ in range(4)]
    try:
        chosen: list[dict[str, int]] = [json.loads(one.stdout.readline()) for one in starting if one.stdout]
    finally:
        for one in starting:
            one.kill()
            one.communicate()
    numbers = [port for ports in chosen for port in ports.values()]
    assert len(numbers) == 4 * len(DEFAULTS)
    assert len(set(numbers)) == len(numbers)


def test_a_port_is_given_back_when_its_installation_ends() -> None:
    port = free_port()
    with reserving() as first, reserving() as second:
        assert (first(port), first(port), second(port)) == (True, False, False)
    with reserving() as third:
        assert third(port)


def test_beyond_the_last_port_there_is_none() -> None:
    with pytest.raises(PortTakenError, match="No port is free"):
        is_free(65_536)


def test_options() -> None:
    assert parse(["9080", "postgres=9432"]) == {"gateway": 9080, "postgres": 9432}


@pytest.mark.parametrize("option", ["x", "0", "70000", "nothing=80", "gateway=", "gateway=-1"])
def test_options_that_cannot_be_read(option: str) -> None:
    with pytest.raises(PortOptionError):
        parse([option])
