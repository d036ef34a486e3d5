"""One gateway for the tests that change nothing about it."""

from collections.abc import Iterator

import pytest

from tests.gateway.contracts import BOTH
from tests.gateway.harness import Gateway, run


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with the ordinary settings."""
    with run(tmp_path_factory.mktemp("gateway"), BOTH, cors_origins=["https://app.lienthong.test"], jwks_refresh_seconds=1) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared: Gateway) -> Gateway:
    """Return the shared gateway with the services' memory emptied and their behaviour plain."""
    for toys in shared.services.values():
        for toy in toys:
            toy.seen.clear()
    return shared
