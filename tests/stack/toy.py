"""A small HTTP server that stands in for a service: `python toy.py --port N [--ready-after S] [--crash-after S] [--child] [--deaf]`."""

import argparse
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STARTED = time.monotonic()


class Handler(BaseHTTPRequestHandler):
    """Answers 200 once it is ready, 503 before, and while the file `sick` exists."""

    ready_after = 0.0
    sick = Path("/nonexistent")

    def do_GET(self) -> None:
        ready = time.monotonic() - STARTED >= self.ready_after and not self.sick.exists()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ready-after", type=float, default=0.0)
    parser.add_argument("--crash-after", type=float)
    parser.add_argument("--child", action="store_true", help="start a process of its own that ignores SIGTERM")
    parser.add_argument("--deaf", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--sick", type=Path, default=Handler.sick)
    parser.add_argument("--trace", type=Path, help="append start and stop here")
    chosen = parser.parse_args()
    Handler.ready_after, Handler.sick = chosen.ready_after, chosen.sick
    if chosen.child:
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code])
    trace(chosen.trace, f"start {chosen.port}")
    if chosen.crash_after is not None:
        threading.Timer(chosen.crash_after, lambda: signal.raise_signal(signal.SIGKILL)).start()
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)

    def end(*_: object) -> None:
        if not chosen.deaf:
            trace(chosen.trace, f"stop {chosen.port}")
            sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    sys.stdout.write("a toy says hello\n")
    sys.stdout.flush()
    server.serve_forever()


def trace(file: Path | None, line: str) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as target:
            target.write(line + "\n")


if __name__ == "__main__":
    main()
