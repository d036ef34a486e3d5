"""Reads, lists and creations of learners: the registry's API beside a bare and a naive server on the same rows."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from tests.bench import registry_data
from tests.bench.figures import Figure, rate
from tests.bench.gateway_load import Result
from tests.bench.http_load import request
from tests.gateway.harness import eventually, free_port, stop
from tests.support.postgres import TestDatabase, server
from tests.support.tokens import Issuer, issuing

ROUNDS = 3
SECONDS = 3.0
VERSIONS = Path("services/registry/migrations/versions")
FILTER = "school=S1&limit=50"


class Bench:
    """Three servers on one database, and a way to put load on one of them."""

    def __init__(self, database: TestDatabase, bus: TestDatabase, issuer: Issuer, learners: Sequence[str], folder: Path) -> None:
        self.database, self.bus, self.issuer, self.learners, self.folder = database, bus, issuer, learners, folder
        self.ours, self.reference = free_port(), free_port()
        self.token = issuer.token("province_officer@P", exp=4_000_000_000)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start both servers and wait until they answer."""
        environment = os.environ | {
            "LIENTHONG_DATABASE_URL": self.database.url,
            "LIENTHONG_BUS_URL": self.bus.url,
            "LIENTHONG_ISSUER": self.issuer.url,
            "LIENTHONG_JWKS_URL": self.issuer.jwks_url,
            "LIENTHONG_PORT": str(self.ours),
            "BENCH_REFERENCE_URL": self.database.superuser_url,
        }
        reference = [sys.executable, "-m", "uvicorn", "tests.bench.reference_http:app", "--port", str(self.reference), "--no-access-log"]
        with ExitStack() as stack:
            for command in ([sys.executable, "-m", "services.registry.main", "api"], [*reference, "--log-level", "warning"]):
                stack.callback(stop, subprocess.Popen(command, env=environment))
            eventually(lambda: _answers(f"http://127.0.0.1:{self.ours}/health/ready"), 60)
            eventually(lambda: _answers(f"http://127.0.0.1:{self.reference}/openapi.json"), 60)
            yield

    def load(self, port: int, requests: Sequence[str]) -> float:
        """Return the requests answered in a second; raises when any was refused."""
        file = self.folder / "requests.json"
        file.write_text(json.dumps(list(requests)))
        command = [sys.executable, "-m", "tests.bench.http_load", "--port", str(port), "--requests", str(file), "--seconds", str(SECONDS)]
        result = Result(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        if result.errors:
            raise RuntimeError(f"{result.errors} of {result.requests} requests failed")
        return result.rate

    def gets(self, path: Callable[[str], str]) -> list[str]:
        """Return a GET for each learner."""
        return [request("GET", path(learner), self.token) for learner in self.learners]

    def compare(self, ours: Callable[[], Sequence[str]], *references: Callable[[], Sequence[str]]) -> list[float]:
        """Return the median rates of ours and of each reference, measured in turn."""
        rates: list[list[float]] = [[] for _ in range(1 + len(references))]
        for _ in range(ROUNDS):
            rates[0].append(self.load(self.ours, ours()))
            for index, reference in enumerate(references, 1):
                rates[index].append(self.load(self.reference, reference()))
        return [statistics.median(measured) for measured in rates]


def read_one(bench: Bench) -> list[Figure]:
    """Read one learner."""
    ours, bare, naive = bench.compare(
        lambda: bench.gets(lambda learner: f"/registry/v1/learners/{learner}"),
        lambda: bench.gets(lambda learner: f"/bare/{learner}"),
        lambda: bench.gets(lambda learner: f"/naive/{learner}"),
    )
    return [rate("read.one_vs_bare", ours, bare, 0.5), rate("read.one_vs_naive", ours, naive, 2.5)]


def read_list(bench: Bench) -> list[Figure]:
    """List 50 learners of a school."""
    ours, bare = bench.compare(
        lambda: [request("GET", f"/registry/v1/learners?{FILTER}", bench.token)],
        lambda: [request("GET", f"/bare-list?{FILTER}", bench.token)],
    )
    return [rate("list.50_vs_bare", ours, bare, 0.6), _deep_page(bench)]


def _deep_page(bench: Bench) -> Figure:
    """Compare the time of a page at row 200,000 of the whole province with the first page's."""
    url, headers = f"http://127.0.0.1:{bench.ours}/registry/v1/learners", {"Authorization": "Bearer " + bench.token}
    cursor, rows = None, 0
    with httpx.Client(headers=headers) as client:
        while rows < 200_000:
            page = client.get(url, params={"limit": 500, **({"cursor": cursor} if cursor else {})}).json()
            cursor, rows = page["next"], rows + len(page["items"])
    first = [request("GET", "/registry/v1/learners?limit=50", bench.token)]
    deep = [request("GET", f"/registry/v1/learners?limit=50&cursor={cursor}", bench.token)]
    rates = [(bench.load(bench.ours, first), bench.load(bench.ours, deep)) for _ in range(ROUNDS)]
    times = [1000 / statistics.median(column) for column in zip(*rates, strict=True)]
    return Figure("list.page_at_200000_vs_first", times[1], times[0], "ms", times[1] / times[0], 1.2, at_least=False)


def create(bench: Bench) -> list[Figure]:
    """Create one learner."""
    ours, naive = bench.compare(lambda: [_creation(bench) for _ in range(20_000)], lambda: [_flat(bench) for _ in range(20_000)])
    return [rate("create.one_vs_sqlmodel", ours, naive, 0.45)]


def _creation(bench: Bench) -> str:
    body = {
        "full_name": "Giàng A Páo",
        "birth_date": "2017-03-04",
        "sex": 1,
        "identifiers": [{"kind": "birth_certificate", "value": uuid4().hex}],
        "enrolment": {"school_code": "S7", "school_year": "2026-2027", "level": "primary", "grade": 3, "enrolled_on": "2026-09-05"},
    }
    return request("POST", "/registry/v1/learners", bench.token, json.dumps(body).encode())


def _flat(bench: Bench) -> str:
    body = {
        "full_name": "Giàng A Páo",
        "birth_date": "2017-03-04",
        "sex": 1,
        "school_code": "S7",
        "school_year": "2026-2027",
        "grade": 3,
    }
    return request("POST", "/naive", bench.token, json.dumps(body).encode())


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def measure() -> list[Figure]:
    """Return every figure of reads, lists and creations."""
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as postgres, issuing() as issuer:
        database, bus = postgres.database("registry", VERSIONS), postgres.bus()
        learners = asyncio.run(registry_data.fill(database.superuser_url))
        bench = Bench(database, bus, issuer, learners, Path(name))
        try:
            with bench.running():
                return [*read_one(bench), *read_list(bench), *create(bench)]
        finally:
            postgres.drop(database)
            postgres.drop(bus)


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure.row()))
