"""Fixtures that every test may use: one PostgreSQL server, one test issuer, one bus for the run."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.postgres import TestDatabase, TestPostgres, server
from tests.support.tokens import Issuer, issuing

pytest_plugins = ["tests.house.loopback"]

# What shares an expensive engine runs on one worker; everything else is spread file by file.
TOGETHER = ("tests/e2e/", "tests/faults/", "tests/common/events/", "tests/identity/")
LONGEST = (*TOGETHER, "tests/stack/test_run.py", "tests/stack/test_java_engines.py")


def group_of(nodeid: str) -> str:
    """Return what is run together with a test: its folder, or its file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread groups over the workers. Own, because marks of groups no longer reach pytest-xdist 3.8 under pytest 9.2 (its issue 1386)."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - only a parallel run has it loaded

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: LONGEST.index(group) if (group := group_of(item.nodeid)) in LONGEST else len(LONGEST))


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
