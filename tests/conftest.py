"""Fixtures that every test may use: one PostgreSQL server, one test issuer, one bus for the run."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import TestDatabase, TestPostgres, server
from tests.support.tokens import Issuer, issuing

pytest_plugins = ["tests.house.loopback"]

# What shares an expensive engine runs on one worker; everything else is spread file by file.
TOGETHER = ("tests/e2e/", "tests/identity/", "tests/faults/", "tests/common/events/")


@pytest.hookimpl(tryfirst=True)  # before the parallel run reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell the parallel run which tests belong together."""
    for item in items:
        path = item.path.relative_to(item.config.rootpath).as_posix()
        group = next((folder for folder in TOGETHER if path.startswith(folder)), path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestPostgres]:
    """One real PostgreSQL for the whole run."""
    with server(tmp_path_factory.mktemp("postgres")) as started:
        yield started


@pytest.fixture(scope="session")
def bus(postgres: TestPostgres) -> Iterator[TestDatabase]:
    """One PostgreSQL bus for the whole run."""
    made = postgres.bus()
    yield made
    postgres.drop(made)


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """One token issuer for the whole run."""
    with issuing() as running:
        yield running
