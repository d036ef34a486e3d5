"""Every operation of every service, read off the committed contracts; what is tested for each follows from them."""

import importlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest

from libs.common.service import Service
from tests.house.contracts import services as startable
from tests.house.source import ROOT

__all__ = ["METHODS", "Operation", "contract", "every", "operations", "service", "services"]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    service: str
    method: str
    path: str
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def permission(self) -> str | None:
        found: str | None = self.spec.get("x-permission")
        return found

    @property
    def reads(self) -> bool:
        return self.method == "GET"

    @property
    def takes_body(self) -> bool:
        return "requestBody" in self.spec

    @property
    def path_names(self) -> list[str]:
        return self.names("path")

    def names(self, where: str, *, required: bool = False) -> list[str]:
        """Return the names of the parameters in path, query or header."""
        listed = self.spec.get("parameters", ())
        return [found["name"] for found in listed if found["in"] == where and (found.get("required") or not required)]

    def schema(self, name: str) -> dict[str, Any]:
        """Return the schema of a parameter."""
        found: dict[str, Any] = next(one["schema"] for one in self.spec.get("parameters", ()) if one["name"] == name)
        return found

    def address(self, values: dict[str, str]) -> str:
        """Return the path with its parameters filled in."""
        path = self.path
        for name in self.path_names:
            path = path.replace("{" + name + "}", quote(values[name], safe=""))
        return path


@cache
def services() -> list[str]:
    """Return the names of the services that publish a contract."""
    return [name for name in startable() if (ROOT / "services" / name / "contract" / "openapi.json").exists()]


@cache
def contract(name: str) -> dict[str, Any]:
    """Return the committed OpenAPI document of a service."""
    document: dict[str, Any] = json.loads((ROOT / "services" / name / "contract" / "openapi.json").read_text(encoding="utf-8"))
    return document


@cache
def operations() -> list[Operation]:
    """Return all operations of all services."""
    return [
        Operation(name, method.upper(), path, item[method])
        for name in services()
        for path, item in contract(name)["paths"].items()
        for method in METHODS
        if method in item
    ]


def service(name: str) -> Service:
    """Return the service itself."""
    found: Service = importlib.import_module(f"services.{name}.main").SERVICE
    return found


def every(listed: Iterable[Operation]) -> pytest.MarkDecorator:
    """Return the mark that asks about each operation."""
    return pytest.mark.parametrize("operation", [pytest.param(one, id=one.name) for one in listed])
