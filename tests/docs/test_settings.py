"""docs/operations.md: every setting with its default, every variable that the code reads, every metric."""

import re

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from pydantic_settings import BaseSettings

import libs.common.events.metrics
import libs.common.http.middleware
from gateway.main import PagesSettings
from gateway.settings import Limits, Rate
from libs.common.settings import KafkaSettings, Settings
from services.assets.imports.settings import ImportSettings as AssetImportSettings
from services.egov.settings import EgovSettings
from services.identity.settings import IdentitySettings
from services.learning.settings import LearningSettings
from services.registry.imports.settings import ImportSettings
from services.registry.settings import RegistrySettings
from stack.installation import SERVICES
from tests.docs.markdown import DOCS, ROOT, rows_of

TEXT = (DOCS / "operations.md").read_text(encoding="utf-8")
CLASSES: tuple[type[BaseSettings], ...] = (
    *(Settings, KafkaSettings, RegistrySettings, ImportSettings, IdentitySettings, PagesSettings),
    *(AssetImportSettings, EgovSettings, LearningSettings),
)
METRICS = (libs.common.events.metrics, libs.common.http.middleware)
VARIABLE = re.compile(r"\"?(LIENTHONG_[A-Z][A-Z_]*[A-Z])\b")
READERS = (
    *("libs", *(f"services/{name}" for name in SERVICES), "gateway", "stack"),
    *("tests/support", "tests/identity", "tests/faults"),
)


def wanted() -> dict[str, str]:
    """Return each variable with its default as the document writes it."""
    found: dict[str, str] = {}
    for kind in CLASSES:
        for name, field in kind.model_fields.items():
            variable = f"{kind.model_config['env_prefix']}{name.upper()}"
            found.setdefault(variable, "required" if field.is_required() else written(field.default))
    return found


def written(value: object) -> str:
    if value is None or value == "" or (isinstance(value, SecretStr) and not value.get_secret_value()):
        return "–"
    text = str(value).removeprefix(f"{ROOT}/")
    return f"`{text}`"


def told() -> dict[str, str]:
    rows = rows_of(TEXT, "variable")
    return {row[0].strip("`"): row[1] for row in rows}


def test_the_table_of_settings_is_the_settings_classes() -> None:
    assert told() == wanted()


def test_every_variable_that_the_code_reads_is_explained() -> None:
    read = {
        match[1] for folder in READERS for file in (ROOT / folder).rglob("*.py") for match in VARIABLE.finditer(file.read_text("utf-8"))
    }
    assert [name for name in sorted(read) if f"`{name}" not in TEXT] == []


@pytest.mark.parametrize("module", METRICS, ids=lambda module: str(module.__name__))
def test_every_metric_is_named(module: object) -> None:
    assert module in METRICS
    names = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("lienthong_")}
    assert names
    assert [name for name in sorted(names) if f"`{name}" not in TEXT] == []


def test_every_default_port_is_named() -> None:
    from stack.ports import DEFAULTS  # noqa: PLC0415 - the command line's extra is only needed here

    ports = {row[0]: row[1] for row in rows_of(TEXT, "process")}
    assert ports == {f"`{name}`": str(port) for name, port in DEFAULTS.items()}


def test_the_table_of_limits_is_the_gateways() -> None:
    fields = Limits.model_fields
    values = {name: field.default for name, field in fields.items()}
    texts = {
        name: f"{value.requests} in {value.window_seconds} s" if isinstance(value, Rate) else str(value) for name, value in values.items()
    }
    assert {row[0].strip("`"): row[1] for row in rows_of(TEXT, "limit")} == texts
