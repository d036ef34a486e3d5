"""Objects against the Kubernetes project's own schemas, strict: a misspelt field is an error, as a server's strict validation has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.deploy.chart import Object

DEFINITIONS = "_definitions.json"
SHOWN = 200


class Validator:
    """The schemas of one Kubernetes version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shared: Resource[bool | Mapping[str, Any]] = Resource.from_contents(self._read(DEFINITIONS))
        self._registry: Registry[bool | Mapping[str, Any]] = shared @ Registry()
        self._made: dict[str, Draft202012Validator] = {}

    def _read(self, name: str) -> Object:
        content: Object = json.loads((self.folder / name).read_bytes())
        return content

    def errors(self, one: Object) -> list[str]:
        """Return what is wrong with an object, with the place of each; raises FileNotFoundError for an unknown kind or version."""
        group, _, version = one["apiVersion"].rpartition("/")
        name = "-".join(part for part in (one["kind"].lower(), group.split(".")[0], version) if part) + ".json"
        if name not in self._made:
            self._made[name] = Draft202012Validator(self._read(name), registry=self._registry)
        title = f"{one['kind']} {one['metadata']['name']}"
        return [f"{title} {error.json_path}: {error.message[:SHOWN]}" for error in self._made[name].iter_errors(one)]
