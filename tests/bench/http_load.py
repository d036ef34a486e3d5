"""Runs prepared requests against a server as fast as the answers come, in a process of its own; prints the result as JSON."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import uvloop

from tests.bench.gateway_load import Load


def request(method: str, path: str, token: str, body: bytes = b"") -> str:
    """Return the text of one request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head + "\r\n" + body.decode()


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    requests = [text.encode() for text in json.loads(options.requests.read_bytes())]
    print(json.dumps(asdict(uvloop.run(Load(requests, 0).run("127.0.0.1", options.port, options.connections, options.seconds)))))


if __name__ == "__main__":
    main()
