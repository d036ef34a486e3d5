"""Helm, the schemas, and the chart rendered twice: with everything it offers, and with the least it needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.deploy import tools
from tests.deploy.chart import PROVINCE, SMALLEST, Helm, Object
from tests.deploy.kubernetes import Validator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _obtained(obtain: Callable[[], Path]) -> Path:
    """Return a tool; without it skip, or fail where CI=true."""
    try:
        return obtain()
    except tools.ToolError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(_obtained(tools.helm), tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session", params=[tools.OLDEST, tools.NEWEST])
def validator(request: pytest.FixtureRequest) -> Validator:
    version: str = request.param
    return Validator(_obtained(lambda: tools.schemas(version)))


@pytest.fixture(scope="session")
def province(helm: Helm) -> list[Object]:
    return helm.template(PROVINCE)


@pytest.fixture(scope="session")
def smallest(helm: Helm) -> list[Object]:
    return helm.template(SMALLEST)
