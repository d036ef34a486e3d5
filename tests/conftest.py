"""Fixtures that every test may use: one PostgreSQL server, one test issuer, one bus for the run."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import TestDatabase, TestPostgres, server
from tests.support.tokens import Issuer, issuing

pytest_plugins = ["tests.house.loopback"]


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
