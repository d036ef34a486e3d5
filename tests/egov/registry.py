"""A stand-in for the registry's API on a real port: learners, their guardians, classes, and what a caller with these claims may see."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

YEARS = [
    {"school_year": "2026-2027", "starts_on": "2026-09-01", "ends_on": "2027-05-31"},
    {"school_year": "2027-2028", "starts_on": "2027-09-01", "ends_on": "2028-05-31"},
]


@dataclass
class StandIn:
    """`learners` by id, each with `guardians` (person ids); `down` answers 503, `busy` 429; `calls` counts the questions."""

    learners: dict[str, dict[str, Any]] = field(default_factory=dict)
    guardians: dict[str, list[str]] = field(default_factory=dict)
    classes: dict[str, dict[str, Any]] = field(default_factory=dict)
    url: str = ""
    down: bool = False
    busy: bool = False
    calls: list[str] = field(default_factory=list)

    def sees(self, claims: dict[str, Any], learner_id: str) -> bool:
        codes = {grant.partition("@")[2] for grant in claims.get("grants", ())}
        return (
            claims.get("person_id") in self.guardians.get(learner_id, ())
            or "*" in codes
            or self.learners[learner_id]["school_code"] in codes
        )

    def match(self, papers: Any) -> tuple[int, Any]:
        """Answer whoever knows all three; the real service also asks for a permission and the form."""
        found = [one for one in self.learners.values() if papers == {name: one.get(name) for name in papers}]
        return (200, found[0]) if found else (404, {})

    def place(self, path: str) -> tuple[int, Any]:
        """Answer the school years, or one class."""
        if path.startswith("/registry/v1/school-years"):
            return 200, {"items": YEARS, "next": None}
        found = self.classes.get(path.rpartition("/")[2])
        return (200, found) if found else (404, {})

    def answer(self, path: str, authorization: str, papers: Any = None) -> tuple[int, Any]:
        if self.down or self.busy:
            return 503 if self.down else 429, {}
        payload = authorization.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if path.endswith("/learners/match"):
            return self.match(papers)
        if not path.startswith("/registry/v1/learners/"):
            return self.place(path)
        learner_id, _, part = path.removeprefix("/registry/v1/learners/").partition("/")
        if learner_id not in self.learners or not self.sees(claims, learner_id):
            return 404, {}
        if part == "guardians":
            return 200, {"items": [{"guardian_person_id": person} for person in self.guardians.get(learner_id, ())], "next": None}
        return 200, self.learners[learner_id]


@contextmanager
def standing_in() -> Iterator[StandIn]:
    made = StandIn()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._tell(*made.answer(self.path, self.headers["Authorization"]))

        def do_POST(self) -> None:
            papers = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._tell(*made.answer(self.path, self.headers["Authorization"], papers))

        def _tell(self, status: int, body: Any) -> None:
            made.calls.append(self.path)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = "http://127.0.0.1:" + str(server.server_address[1])
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
