"""A cheap HTTP/1.1 load generator: one process, keep-alive connections, one request at a time on each, no parsing beyond what is needed."""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import cast

import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "
# A slow answer is waited for: a rate needs some.
FEWEST = 32
PATIENCE = 30.0


@dataclass(frozen=True)
class Result:
    """What one run saw; times in milliseconds."""

    requests: int
    errors: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def requests_for(host: str, path: str, tokens: list[str]) -> list[bytes]:
    """Return the bytes of a request for each token."""
    return [f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode() for token in tokens]


class Caller(asyncio.Protocol):
    """One connection. `after` is called with the status when an answer is complete."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Count a connection that the server closed."""
        if not self.load.over:
            self.load.errors += 1

    def data_received(self, data: bytes) -> None:
        """Recognise the end of an answer by its Content-Length."""
        data = self.buffer + data if self.buffer else data
        end = data.find(HEAD_END)
        start = data.lower().find(LENGTH, 0, end) if end >= 0 else -1
        if start < 0:
            self.buffer = data
            return
        length = int(data[start + len(LENGTH) : data.index(b"\r", start)])
        if len(data) < end + len(HEAD_END) + length:
            self.buffer = data
            return
        self.buffer = b""
        self.load.done(self, ok=data.startswith(b"HTTP/1.1 2"))


class Load:
    """As fast as the answers come (`rate` 0), or so many requests each second whatever the answers do."""

    def __init__(self, requests: Iterator[bytes], rate: int) -> None:
        self.requests = requests
        self.rate = rate
        self.errors = 0
        self.over = False
        self.times: list[float] = []
        self.due: dict[Caller, float] = {}
        self.idle: asyncio.Queue[Caller] = asyncio.Queue()
        self.enough = asyncio.Event()

    def send(self, caller: Caller, due: float) -> None:
        """Send the next request."""
        self.due[caller] = due
        caller.transport.write(next(self.requests))

    def done(self, caller: Caller, *, ok: bool) -> None:
        """Note an answer and go on."""
        now = time.perf_counter()
        self.times.append(now - self.due[caller])
        self.errors += not ok
        if len(self.times) == FEWEST:
            self.enough.set()
        if self.rate:
            self.idle.put_nowait(caller)
        elif not self.over:
            self.send(caller, now)

    async def paced(self, end: float) -> None:
        """Send on schedule; latency counts from the scheduled instant, so that waiting for a free connection shows."""
        due = time.perf_counter()
        while due < end:
            due += 1 / self.rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self.send(await self.idle.get(), due)
        await asyncio.sleep(0.2)

    async def run(self, host: str, port: int, connections: int, seconds: float) -> Result:
        """Run and return what was seen."""
        loop = asyncio.get_running_loop()
        callers = [(await loop.create_connection(lambda: Caller(self), host, port))[1] for _ in range(connections)]
        start = time.perf_counter()
        if self.rate:
            for caller in callers:
                self.idle.put_nowait(caller)
            await self.paced(start + seconds)
        else:
            for caller in callers:
                self.send(caller, time.perf_counter())
            await asyncio.sleep(seconds)
            await asyncio.wait_for(self.enough.wait(), PATIENCE)
        spent = time.perf_counter() - start
        self.over = True
        for caller in callers:
            caller.transport.abort()
        ordered = sorted(self.times)
        p50, p99 = (1000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
        return Result(len(ordered), self.errors, spent, p50, p99)


def main() -> None:
    """Run as a process of its own and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--tokens", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rate", type=int, default=0)
    options = parser.parse_args()
    requests = requests_for("127.0.0.1", options.path, json.loads(options.tokens.read_bytes()))
    load = Load(cycle(requests), options.rate)
    print(json.dumps(asdict(uvloop.run(load.run("127.0.0.1", options.port, options.connections, options.seconds)))))


if __name__ == "__main__":
    main()
