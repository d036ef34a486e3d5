"""Two schools that must not know of each other, in every service; whatever belongs to one of them is remembered as a marker."""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest

from tests.egov.registry import StandIn
from tests.support.postgres import TestDatabase
from tests.support.tokens import LIFETIME_SECONDS, Issuer

SHARED = pytest.mark.asyncio(loop_scope="session")
"""Of tests that use `grounds`: they run on its event loop."""
YEAR = "2026-2027"
PROVINCE = "TINH-CHUNG"
ADMIN_SUBJECT = str(uuid4())
TOKEN_SECONDS = LIFETIME_SECONDS // 3
Body = dict[str, Any]
Sent = tuple[str, str]
"""A file's text and its media type."""


@dataclass
class School:
    """One school: `ids` fill path parameters, `markers` are what nobody outside may ever read, but for `public` in what is public."""

    letter: str
    word: str
    ids: dict[str, str] = field(default_factory=dict)
    markers: set[str] = field(default_factory=set)
    subject: str = field(default_factory=lambda: str(uuid4()))
    people: dict[str, str] = field(default_factory=dict)
    public: set[str] = field(default_factory=set)

    @property
    def code(self) -> str:
        return f"TRUONG-{self.letter}-7{ord(self.letter)}"

    @property
    def commune(self) -> str:
        return f"XA-{self.letter}-7{ord(self.letter)}"

    @property
    def site(self) -> str:
        return f"DIEM-{self.letter}-7{ord(self.letter)}"

    @property
    def room(self) -> str:
        return f"5{self.letter} {self.word}"

    @property
    def codes(self) -> dict[str, str]:
        """Return the identifiers of the school's people by who bears them; none of them occurs anywhere else."""
        return {name: f"{ord(self.letter)}770{index:05d}" for index, name in enumerate(("first", "second", "staff"), start=11)}

    @property
    def personal_number(self) -> str:
        return f"0{ord(self.letter)}188771234"

    def mark(self, *values: object) -> None:
        """Remember values, and ids in both of their spellings."""
        self.markers |= _spelled(values)

    def publish(self, *values: object) -> None:
        """Remember values that whatever is public may name."""
        self.mark(*values)
        self.public |= _spelled(values)

    def mark_ids(self, document: Any) -> None:
        """Remember every id in a document of the school."""
        for name, value in document.items() if isinstance(document, dict) else ():
            if name.endswith("_id") and isinstance(value, str) and len(value) == len(self.subject):
                self.mark(UUID(value))
            if isinstance(value, list):
                for item in value:
                    self.mark_ids(item)


def _spelled(values: Iterable[object]) -> set[str]:
    return {text for value in values for text in ({str(value), value.hex} if isinstance(value, UUID) else {str(value)})}


@dataclass
class Ground:
    """One service with both schools in it, ready to be called."""

    service: str
    client: httpx.AsyncClient
    issuer: Issuer
    database: TestDatabase
    here: School
    there: School
    tokens: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    def headers(self, role: str, code: str, subject: str, **claims: Any) -> dict[str, str]:
        """Return the headers of a person with this role there; one token serves for a part of its life."""
        key = (role, code, subject, str(int(time.monotonic()) // TOKEN_SECONDS), *map(str, sorted(claims.items())))
        if key not in self.tokens:
            self.tokens[key] = self.issuer.headers(f"{role}@{code}", sub=subject, **claims)
        return self.tokens[key]


@dataclass
class Founder:
    """Fills a service through its API as the platform's administrator; `registry` answers where the service asks the registry."""

    client: httpx.AsyncClient
    issuer: Issuer
    registry: StandIn

    async def must(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        sent = self.issuer.headers("platform_admin@*", sub=ADMIN_SUBJECT) | headers
        answer = await self.client.request(method, path, json=body, headers=sent)
        assert answer.status_code in {200, 201}, (path, answer.text)
        made: dict[str, Any] = answer.json()
        return made

    async def upload(self, path: str, text: str, name: str, **headers: str) -> None:
        """Send a file."""
        sent = self.issuer.headers("platform_admin@*", sub=ADMIN_SUBJECT) | {"content-type": "text/plain"} | headers
        answer = await self.client.put(path, params={"name": name}, content=text, headers=sent)
        assert answer.status_code == 200, (path, answer.text)


def leaked(school: School, answer: httpx.Response, *said: object, public: bool = False) -> set[str]:
    """Return the school's markers that an answer holds, without what the caller had said, and what is `public` in a public answer."""
    told = " ".join([str(answer.request.url), *(part if isinstance(part, str) else orjson.dumps(part).decode() for part in said)])
    heard = answer.text + " " + " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    secret = school.markers - (school.public if public else set())
    return {marker for marker in secret if marker in heard and marker not in told}


@asynccontextmanager
async def superuser(database: TestDatabase) -> AsyncIterator[Any]:
    """Yield a connection that row security does not bind."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        yield connection
    finally:
        await connection.close()


def on(table: str, statement: str) -> str:
    """Return a constant statement about a table that the catalogue has named."""
    return statement.replace("{t}", '"' + table.replace('"', '""') + '"')
