"""A scriptable HTTP/1.1 server in a thread: the services and the issuer of the gateway's tests."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Request:
    """A request as it reached the service, headers in their order and lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: int

    def header(self, name: str) -> str | None:
        """Return the header's value, None when absent, joined by commas when repeated."""
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None


@dataclass
class Reply:
    """What to answer; `reset` closes the connection without an answer, `delay` is in seconds."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay: float = 0
    reset: bool = False


Script = Callable[[Request], Reply]


def answer(_request: Request) -> Reply:
    """Answer 200 with an empty object."""
    return Reply()


async def read_body(reader: asyncio.StreamReader, headers: Iterable[tuple[str, str]]) -> int:
    """Read and count the body by Content-Length or chunks."""
    names = dict(headers)
    if "content-length" in names:
        return len(await reader.readexactly(int(names["content-length"])))
    if names.get("transfer-encoding") != "chunked":
        return 0
    total = 0
    while size := int((await reader.readline()).strip() or b"0", 16):
        total += len(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return total


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request. Raises asyncio.IncompleteReadError at the connection's end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Request(method, target, headers, await read_body(reader, headers))


class Toy:
    """The server; `script` may be exchanged while it runs, `seen` holds every request except health checks."""

    def __init__(self, script: Script = answer) -> None:
        self.script = script
        self.seen: list[Request] = []
        self.healthy = True
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self.port = 0

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        self._loop.close()

    def count(self, target: str) -> int:
        """Return how often a target was asked for."""
        return sum(request.target == target for request in self.seen)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await read_request(reader)
        if request.target.startswith("/health/"):
            reply = Reply(status=200 if self.healthy else 503)
        else:
            self.seen.append(request)
            reply = self.script(request)
        await asyncio.sleep(reply.delay)
        if reply.reset:
            return False
        headers = {"content-type": "application/json", **reply.headers, "content-length": str(len(reply.body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} x\r\n{lines}\r\n".encode("latin-1") + (b"" if request.method == "HEAD" else reply.body))
        await writer.drain()
        return True


def echo(request: Request) -> Reply:
    """Answer with what arrived."""
    return Reply(
        body=json.dumps({"method": request.method, "target": request.target, "headers": request.headers, "body": request.body}).encode()
    )
