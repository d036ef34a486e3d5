"""Databases for tests: real PostgreSQL, the real roles, one template per service, a copy for each module."""

import asyncio
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from libs.common.db.migrate import migrate
from libs.common.events.transport.postgres import prepare

EXTENSIONS = ("ltree", "btree_gist", "pg_trgm", "unaccent")
SERVER_VARIABLE = "LIENTHONG_TEST_POSTGRES"
NAME = re.compile(r"[a-z_0-9]+")


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One database and the ways into it."""

    __test__ = False
    name: str
    url: str
    owner_url: str
    superuser_url: str


class TestPostgres:
    """A server that tests may fill with databases; names are made here, so that they can stand in DDL."""

    __test__ = False

    def __init__(self, superuser_url: str) -> None:
        self._url = superuser_url.rstrip("/").rsplit("/", 1)[0] if urlsplit(superuser_url).path.strip("/") else superuser_url.rstrip("/")
        self.templates: dict[str, TestDatabase] = {}
        self._databases: set[str] = set()
        self._roles: set[str] = set()
        self._run_id = secrets.token_hex(3)

    def database(self, service: str, versions: Path | None) -> TestDatabase:
        """Return a fresh database; with `versions` a copy of the migrated template of the service."""
        if versions is None:
            return asyncio.run(self._create(service, template=None))
        if service not in self.templates:
            template = asyncio.run(self._create(service, template=None))
            asyncio.run(migrate(template.owner_url, template.url, versions))
            self.templates[service] = template
        return asyncio.run(self._create(service, template=self.templates[service]))

    def bus(self) -> TestDatabase:
        """Return a fresh PostgreSQL bus."""
        made = asyncio.run(self._create("bus", template=None))
        asyncio.run(prepare(made.owner_url, str(urlsplit(made.url).username)))
        return made

    def drop(self, database: TestDatabase) -> None:
        """Drop a database that is no longer needed."""
        self._databases.discard(database.name)
        asyncio.run(self._run([_ddl("DROP DATABASE IF EXISTS {} WITH (FORCE)", database.name)]))

    def clear(self) -> None:
        """Drop what the run has made, templates and roles too: a server that was lent is left as it was found."""
        databases = [_ddl("DROP DATABASE IF EXISTS {} WITH (FORCE)", name) for name in sorted(self._databases)]
        asyncio.run(self._run([*databases, *(_ddl("DROP ROLE {}", role) for role in sorted(self._roles))]))

    async def _create(self, service: str, template: TestDatabase | None) -> TestDatabase:
        name = f"t_{service}_{secrets.token_hex(4)}"
        owner, app = f"t_{service}_{self._run_id}_owner", f"t_{service}_{self._run_id}_app"
        for role in {owner, app} - self._roles:
            await self._run([_ddl("CREATE ROLE {} LOGIN NOBYPASSRLS PASSWORD 'test'", role)])
            self._roles.add(role)
        source = template.name if template else "template1"
        await self._run([_ddl("CREATE DATABASE {} OWNER {} TEMPLATE {}", name, owner, source)])
        self._databases.add(name)
        if template is None:
            await self._run([_ddl("CREATE EXTENSION IF NOT EXISTS {}", extension) for extension in EXTENSIONS], name)
            await self._run([_ddl("ALTER SCHEMA public OWNER TO {}", owner), _ddl("GRANT USAGE ON SCHEMA public TO {}", app)], name)
        address = urlsplit(self._url)
        host = f"{address.hostname}:{address.port}"
        return TestDatabase(
            name, f"postgresql://{app}:test@{host}/{name}", f"postgresql://{owner}:test@{host}/{name}", f"{self._url}/{name}"
        )

    async def _run(self, statements: Sequence[str], database: str = "postgres") -> None:
        connection = await asyncpg.connect(f"{self._url}/{database}")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


def _ddl(template: str, *names: str) -> str:
    for name in names:
        if not NAME.fullmatch(name):
            raise ValueError(name)
    return template.format(*names)


@contextmanager
def server(folder: Path) -> Iterator[TestPostgres]:
    """Yield the server named by LIENTHONG_TEST_POSTGRES (a superuser's URL), or an embedded one of our own in `folder`."""
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        lent = TestPostgres(given)
        try:
            yield lent
        finally:
            lent.clear()
        return
    from stack.engines.postgres import EmbeddedPostgres  # noqa: PLC0415 - only where no server was given

    engine = EmbeddedPostgres(folder)
    engine.start()
    try:
        yield TestPostgres(engine.url("postgres", "postgres"))
    finally:
        engine.destroy()
