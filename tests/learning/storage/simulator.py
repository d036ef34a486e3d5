"""An S3-compatible store that keeps objects in memory, checks signatures by its own arithmetic, and misbehaves on demand."""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCESS_KEY, SECRET_KEY, REGION = "test-access", "test-secret", "vn-north-1"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,SignedHeaders=([^,]+),Signature=([0-9a-f]{64})"
)
RANGE = re.compile(r"bytes=(\d+)-(\d+)")


class Store:
    """The simulator's state. `mood` is a list of misbehaviours, one taken by each request."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.mood: list[str] = []
        self.seen: list[tuple[str, str]] = []
        self.url = ""


def sign(text: str, *keys: str) -> str:
    """Derive the signing key step by step and sign."""
    key = b"AWS4" + SECRET_KEY.encode()
    for part in keys:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers HEAD, GET with a range, and PUT of one object."""

    protocol_version = "HTTP/1.1"
    store: Store

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        self.answer(b"")

    def do_PUT(self) -> None:
        self.answer(self.rfile.read(int(self.headers["content-length"])))

    def answer(self, body: bytes) -> None:
        self.store.seen.append((self.command, self.path))
        mood = self.store.mood.pop(0) if self.store.mood else "fine"
        if mood == "hang up":
            self.close_connection = True
        elif mood.isdecimal():
            self.reply(int(mood), b"<Error/>")
        elif not self.signature_holds():
            self.reply(403, b"<Code>SignatureDoesNotMatch</Code>")
        elif self.command == "PUT":
            right = hashlib.sha256(body).hexdigest() == self.headers["x-amz-content-sha256"]
            if right:
                self.store.objects[self.path] = body
            self.reply(200 if right else 400, b"")
        else:
            self.give(self.store.objects.get(self.path), mood)

    def give(self, found: bytes | None, mood: str) -> None:
        if found is None:
            self.reply(404, b"<Code>NoSuchKey</Code>")
            return
        asked = RANGE.fullmatch(self.headers.get("range", ""))
        part = found if asked is None or mood == "no ranges" else found[int(asked[1]) : int(asked[2]) + 1]
        if mood == "other bytes":
            part = b"?" * len(part)
        if mood == "longer":
            part += b"+"
        self.reply(206 if asked and mood != "no ranges" else 200, part, cut=mood == "cut")

    def reply(self, status: int, body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def signature_holds(self) -> bool:
        found = AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))
        if found is None:
            return False
        access_key, day, region, names, signature = found.groups()
        lines = [f"{name}:{self.headers.get(name, '').strip()}" for name in names.split(";")]
        payload = self.headers["x-amz-content-sha256"]
        request = "\n".join([self.command, self.path, "", *lines, "", names, payload])
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()])
        whole = {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names.split(";"))
        return whole and (access_key, region) == (ACCESS_KEY, REGION) and signature == sign(text, day, region, "s3", "aws4_request")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep test output quiet."""


@contextmanager
def simulating() -> Iterator[Store]:
    """Run the simulator on a free port."""
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Simulated", (Handler,), {"store": store}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
