"""Reads, lists and creations of every service's API beside a bare and a naive server on the same rows."""

import asyncio
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path

import asyncpg
import httpx
import uvloop

from tests.bench.figures import Figure, Pairs, duration, rate
from tests.bench.gateway_load import Load
from tests.bench.resource import PAGE, SERVICES, Body, Resource
from tests.bench.rounds import alternate
from tests.gateway.harness import eventually, free_port, stop
from tests.support.postgres import TestDatabase, TestPostgres, server
from tests.support.tokens import Issuer, issuing

SECONDS = 0.5
CONNECTIONS = 16
DEEP = 200_000
KEYS = 2_000
PARTS = ("read_vs_bare", "read_vs_naive", "list_vs_bare", "list_deep", "create")
NAMES = tuple(f"{service}.{part}" for service in SERVICES for part in PARTS if (service, part) != ("insight", "create"))
FAR_FUTURE = 4_000_000_000
Requests = Callable[[], Iterable[str]]


def request(method: str, path: str, token: str, body: bytes = b"") -> str:
    """Return the text of one request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head + "\r\n" + body.decode()


class Bench:
    """The service and its reference on one database, and a way to put load on one of them."""

    def __init__(self, service: str, database: TestDatabase, bus: TestDatabase, issuer: Issuer, folder: Path) -> None:
        self.service, self.database, self.bus, self.issuer, self.folder = service, database, bus, issuer, folder
        self.resource: Resource = importlib.import_module("tests.bench.resources." + service).RESOURCE
        self.keys: list[str] = []
        self.ours, self.reference = free_port(), free_port()
        self.token = issuer.token(self.resource.grant, exp=FAR_FUTURE)

    async def fill(self) -> None:
        """Write the rows, consistent by construction and so without checks of foreign keys, and pick the keys to read."""
        connection = await asyncpg.connect(self.database.superuser_url)
        try:
            for statement in ("SET session_replication_role = replica", *self.resource.fill, "VACUUM (ANALYZE)"):
                await connection.execute(statement)
            keys = [str(row[0]) for row in await connection.fetch(self.resource.keys)]
        finally:
            await connection.close()
        self.keys = random.Random(157).sample(keys, min(KEYS, len(keys)))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start both servers and wait until they answer; whatever the caller's environment says to the platform is left out."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")} | {
            "LIENTHONG_DATABASE_URL": self.database.url,
            "LIENTHONG_BUS_URL": self.bus.url,
            "LIENTHONG_ISSUER": self.issuer.url,
            "LIENTHONG_JWKS_URL": self.issuer.jwks_url,
            "LIENTHONG_PORT": str(self.ours),
            "LIENTHONG_LEARNING_STORAGE": f"file://{self.folder}/files",
            "BENCH_REFERENCE_URL": self.database.superuser_url,
            "BENCH_RESOURCE": self.service,
        }
        reference = ["uvicorn", "tests.bench.reference_http:app", "--port", str(self.reference), "--no-access-log"]
        ready = (f"http://127.0.0.1:{self.ours}/health/ready", f"http://127.0.0.1:{self.reference}/openapi.json")
        with ExitStack() as stack:
            for command, url in zip(([f"services.{self.service}.main", "api"], [*reference, "--log-level", "warning"]), ready, strict=True):
                file = self.folder / (command[0] + ".log")
                log = stack.enter_context(file.open("wb"))
                process = subprocess.Popen([sys.executable, "-m", *command], env=environment, stdout=log, stderr=log)
                stack.callback(stop, process)
                eventually(partial(_answers, url, process, file), 60)
            yield

    def load(self, port: int, requests: Iterable[str]) -> float:
        """Return the requests answered in a second. Raises RuntimeError when any was refused."""
        prepared = (text.encode() for text in requests)
        result = uvloop.run(Load(prepared, 0).run("127.0.0.1", port, CONNECTIONS, SECONDS))
        if result.errors:
            raise RuntimeError(f"{self.service}: {result.errors} of {result.requests} requests failed")
        return result.rate

    def compare(self, *sides: tuple[int, Requests]) -> list[tuple[float, ...]]:
        """Return the rates of each side, round by round."""
        return list(alternate(*(lambda port=port, requests=requests: self.load(port, requests()) for port, requests in sides)))

    def gets(self, path: str) -> Requests:
        """Return endless GETs of a path, with each key in turn where it names one."""
        texts = [request("GET", path.replace("{key}", key), self.token) for key in (self.keys if "{key}" in path else [""])]
        return lambda: cycle(texts)


def read(bench: Bench) -> list[Figure]:
    """Read one."""
    rounds = bench.compare(
        (bench.ours, bench.gets(bench.resource.read)),
        (bench.reference, bench.gets("/bare/{key}")),
        (bench.reference, bench.gets("/naive/{key}")),
    )
    name = bench.service + ".read_vs_"
    return [rate(name + "bare", _pairs(rounds, 1), 0.5), rate(name + "naive", _pairs(rounds, 2), 2.5)]


def page(bench: Bench) -> list[Figure]:
    """List 50 by a filter."""
    rounds = bench.compare((bench.ours, bench.gets(_query(bench.resource.page))), (bench.reference, bench.gets("/bare")))
    return [rate(bench.service + ".list_vs_bare", _pairs(rounds), 0.6)]


def deep(bench: Bench) -> list[Figure]:
    """Compare the time of a page at row 200,000 with the first page's; a list that is shorter is taken at its last cursor."""
    first, cursor, rows = _query(bench.resource.every), None, 0
    with httpx.Client(base_url=f"http://127.0.0.1:{bench.ours}", headers={"Authorization": "Bearer " + bench.token}) as client:
        while rows < DEEP:
            answer = client.get(_query(bench.resource.every, 500) + (f"&cursor={cursor}" if cursor else "")).raise_for_status().json()
            rows += len(answer["items"])
            if answer["next"] is None:
                break
            cursor = answer["next"]
    rounds = bench.compare((bench.ours, bench.gets(f"{first}&cursor={cursor}")), (bench.ours, bench.gets(first)))
    return [duration(bench.service + ".list_deep", [(1000 / ours, 1000 / top) for ours, top in _pairs(rounds)], 1.2, "ms")]


def create(bench: Bench) -> list[Figure]:
    """Create one."""
    creation = bench.resource.creation
    if creation is None:
        return []
    rounds = bench.compare(
        (bench.ours, _sends(bench, creation.method, creation.path, creation.body)),
        (bench.reference, _sends(bench, "POST", "/naive", creation.row)),
    )
    return [rate(bench.service + ".create", _pairs(rounds), 0.45)]


def _sends(bench: Bench, method: str, path: str, body: Body) -> Requests:
    """Return endless requests, each with a body of its own."""

    def texts() -> Iterator[str]:
        while True:
            yield request(method, path, bench.token, json.dumps(body()).encode())

    return texts


def _pairs(rounds: Iterable[tuple[float, ...]], reference: int = 1) -> Pairs:
    return [(found[0], found[reference]) for found in rounds]


def _query(path: str, limit: int = PAGE) -> str:
    return f"{path}{'&' if '?' in path else '?'}limit={limit}"


def _answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Tell whether the process answers yet. Raises RuntimeError with its last words when it has ended."""
    if process.poll() is not None:
        raise RuntimeError(f"{log.name} is all that is left of a server: ...{log.read_text()[-2000:]}")
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def measure(names: Collection[str]) -> Iterator[Figure]:
    """Yield the wanted figures, service by service."""
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "postgres") as postgres, issuing() as issuer:
        for service in SERVICES:
            wanted = {name.partition(".")[2] for name in names if name.startswith(service + ".")}
            if wanted:
                yield from _measure(service, wanted, postgres, issuer)


def _measure(service: str, wanted: set[str], postgres: TestPostgres, issuer: Issuer) -> Iterator[Figure]:
    database, bus = postgres.database(service, Path("services") / service / "migrations" / "versions"), postgres.bus()
    try:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(service, database, bus, issuer, Path(folder))
            asyncio.run(bench.fill())
            with bench.running():
                parts = {read: {"read_vs_bare", "read_vs_naive"}, page: {"list_vs_bare"}, deep: {"list_deep"}, create: {"create"}}
                for part, gives in parts.items():
                    if gives & wanted:
                        yield from part(bench)
    finally:
        postgres.drop(database)
        postgres.drop(bus)
