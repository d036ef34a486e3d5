"""One platform per profile for the whole run; where an engine is missing, CI fails and a laptop skips with the reason."""

import os
from collections.abc import Iterator

import pytest

from tests.e2e.platform import Platform, lienthong, missing_engine, start

SANDBOX = pytest.param("sandbox", id="sandbox")
PROFILES = [
    SANDBOX,
    pytest.param("full", id="full", marks=[pytest.mark.kafka, pytest.mark.keycloak, pytest.mark.slow]),
]


@pytest.fixture(scope="package", params=PROFILES)
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A running platform with the default world loaded through its gateway."""
    profile: str = request.param
    missing = missing_engine(profile)
    if missing:
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp(profile)
    try:
        yield start(folder, profile)
    finally:
        lienthong("stop", "--data", str(folder))
