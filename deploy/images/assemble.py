# noqa: INP001 - run as a file by the image's build, no part of the distribution
"""What one deployable's image holds: `python deploy/images/assemble.py SERVICE --target FOLDER [--prune]`.

Copies the source it needs; with --prune removes from this environment every distribution that its extra in pyproject.toml does not reach.
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "gateway"
IDENTITY = "identity"
NO_EXTRA = frozenset({""})


class AssemblyError(ValueError):
    """The service is unknown, or its extra or a distribution is missing."""


def deployables(root: Path = ROOT) -> list[str]:
    """Return the names that have an image: every service, and the gateway."""
    return [*sorted(main.parent.name for main in (root / "services").glob("*/main.py")), GATEWAY]


def contents(service: str, root: Path = ROOT) -> list[Path]:
    """Return files and folders of an image, relative to the root. The gateway needs of a service its contract only."""
    if service not in deployables(root):
        raise AssemblyError(f"there is no service {service!r}; there are {', '.join(deployables(root))}")
    if service == GATEWAY:
        contracts = sorted(path.relative_to(root) for path in (root / "services").glob("*/contract"))
        return [Path("libs"), Path(GATEWAY), *contracts]
    own = [Path("libs"), Path("services/__init__.py"), Path("services") / service]
    return [*own, Path("deploy/keycloak/realm.yaml")] if service == IDENTITY else own


def copy(service: str, target: Path, root: Path = ROOT) -> None:
    """Copy the source of an image into a folder."""
    for path in contents(service, root):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if (root / path).is_dir():
            shutil.copytree(root / path, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(root / path, place)


def requirements(service: str, root: Path = ROOT) -> list[str]:
    """Return what pyproject.toml asks for: the common dependencies and the deployable's extra."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    if service not in extras:
        raise AssemblyError(f"pyproject.toml has no extra {service!r}")
    return [*project["dependencies"], *extras[service]]


def needed(wanted: Iterable[str]) -> set[str]:
    """Return the canonical names of all distributions that requirements reach in this environment."""
    seen: set[tuple[str, frozenset[str]]] = set()
    open_ends = [Requirement(text) for text in wanted]
    while open_ends:
        one = open_ends.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            further = distribution(one.name).requires or ()
        except PackageNotFoundError as error:
            raise AssemblyError(f"{one.name} is not installed; is it in requirements.lock?") from error
        open_ends += [one for one in map(Requirement, further) if _applies(one, key[1])]
    return {name for name, _ in seen}


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras | NO_EXTRA)


def surplus(service: str, root: Path = ROOT) -> list[str]:
    """Return the names of installed distributions that an image does not need, the installer among them."""
    kept = needed(requirements(service, root))
    return sorted({name for one in distributions() if (name := canonicalize_name(one.metadata["Name"])) not in kept})


def prune(service: str, root: Path = ROOT) -> None:
    """Remove what is not needed; the installer removes itself last."""
    gone = surplus(service, root)
    subprocess.run([sys.executable, "-m", "pip", "uninstall", "--yes", "--quiet", *gone], check=True)  # noqa: S603 - names of our own environment


def main() -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--prune", action="store_true")
    chosen = parser.parse_args()
    try:
        copy(chosen.service, chosen.target)
        if chosen.prune:
            prune(chosen.service)
            compileall.compile_dir(sysconfig.get_path("purelib"), quiet=1)
    except AssemblyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    compileall.compile_dir(chosen.target, quiet=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
