"""The chart, rendered: what helm makes of values, and how the tests look at it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "k8s" / "lienthong"
PROVINCE = Path(__file__).with_name("province.yaml")
SMALLEST = Path(__file__).with_name("smallest.yaml")
RELEASE, NAMESPACE = "lienthong", "education"
WORKLOADS = frozenset({"Deployment", "Job"})

Object = dict[str, Any]


class HelmError(RuntimeError):
    """Helm refused; the text says why."""


@dataclass(frozen=True, slots=True)
class Helm:
    """One helm binary."""

    binary: Path
    home: Path

    def run(self, *arguments: str) -> str:
        """Return what the command prints. Raises HelmError."""
        folders = {name: str(self.home) for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
        done = subprocess.run([str(self.binary), *arguments], env=folders, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise HelmError(done.stdout + done.stderr)
        return done.stdout

    def template(self, values: Path, *sets: str, notes: bool = False) -> list[Object]:
        """Return the objects; `sets` are JSON assignments such as `image.tag="x"`. Raises HelmError."""
        further = [part for one in sets for part in ("--set-json", one)]
        asked = ["--namespace", NAMESPACE, "--values", str(values), *further, *(["--notes"] if notes else [])]
        text = self.run("template", RELEASE, str(CHART), *asked)
        return [one for one in yaml.safe_load_all(text) if one]


def of_kind(objects: Sequence[Object], *kinds: str) -> list[Object]:
    """Return the objects of some kinds."""
    return [one for one in objects if one["kind"] in kinds]


def named(objects: Sequence[Object], kind: str, name: str) -> Object:
    """Return one object by the part of its name after the release's."""
    return next(one for one in objects if one["kind"] == kind and one["metadata"]["name"] == f"{RELEASE}-{name}")


def pods(objects: Sequence[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the pod template of every workload, by kind and name."""
    for one in of_kind(objects, *sorted(WORKLOADS)):
        yield f"{one['kind']} {one['metadata']['name']}", one["spec"]["template"]


def containers(pod: Object) -> list[Object]:
    """Return all containers of a pod template."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def services() -> list[str]:
    """Return the services of the repository."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/main.py"))
