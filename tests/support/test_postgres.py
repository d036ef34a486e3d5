"""A server that was lent to the tests is left as it was found."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.common.test_http import VERSIONS
from tests.support.postgres import SERVER_VARIABLE, TestDatabase, TestPostgres, server

HERE = """
SELECT datname FROM pg_database WHERE datname = ANY ($1) UNION ALL SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)"""


async def found(url: str, names: list[str]) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {row[0] for row in await connection.fetch(HERE, names)}
    finally:
        await connection.close()


def names_of(made: TestDatabase) -> list[str]:
    return [made.name, *(str(urlsplit(url).username) for url in (made.url, made.owner_url))]


def test_a_lent_server_is_left_as_it_was_found(
    postgres: TestPostgres, bus: TestDatabase, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVER_VARIABLE, bus.superuser_url)
    with server(tmp_path_factory.mktemp("unused")) as lent:
        copies = [lent.database("mini", VERSIONS), lent.database("mini", VERSIONS), lent.bus()]
        lent.drop(copies[0])
        names = [name for made in copies for name in names_of(made)] + [made.name for made in lent.templates.values()]
        assert asyncio.run(found(bus.superuser_url, names)) == set(names) - {copies[0].name}
    assert asyncio.run(found(bus.superuser_url, names)) == set()
    others = postgres.database("mini", VERSIONS)
    assert asyncio.run(found(bus.superuser_url, names_of(others))) == set(names_of(others))
    postgres.drop(others)
