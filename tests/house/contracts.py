"""The committed contracts are the ones the code makes, and no change of a contract breaks a caller: `python -m tests.house.contracts`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.house.breaking import breaks
from tests.house.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = (
    "import importlib, json, sys; module = importlib.import_module('services.' + sys.argv[1] + '.main'); "
    "json.dump(module.SERVICE.contracts(), sys.stdout, sort_keys=True)"
)
BASELINE = os.environ.get("BASELINE", "HEAD")
"""The commit whose contracts callers rely on: the last one, or what the build server names."""


def services() -> list[str]:
    """Return the names of the services that can run."""
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/main.py"))


def generated(service: str) -> dict[str, Any]:
    """Return the contracts of a service by file name, made by the code as it is."""
    made = subprocess.run([sys.executable, "-c", PROGRAM, service], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        message = f"services.{service}.main cannot make its contracts:\n{made.stderr}"
        raise RuntimeError(message)
    return dict(json.loads(made.stdout))


def committed(service: str, name: str, baseline: str = BASELINE) -> dict[str, Any] | None:
    """Return a contract as of the baseline commit; None when there was none."""
    shown = subprocess.run(
        ["git", "show", f"{baseline}:services/{service}/contract/{name}"],  # noqa: S607 - whichever git the machine has
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(json.loads(shown.stdout)) if shown.returncode == 0 else None


def faults(service: str) -> Iterator[str]:
    """Yield what is wrong with the contracts of a service."""
    try:
        documents = generated(service)
    except RuntimeError as error:
        yield str(error)
        return
    for name, document in documents.items():
        file = ROOT / "services" / service / "contract" / name
        if not file.exists():
            yield f"{file.relative_to(ROOT)} is missing: python -m services.{service}.main openapi"
            continue
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept != document:
            place = difference(kept, document)
            yield f"{file.relative_to(ROOT)} is not what the code makes (first at {place}): python -m services.{service}.main openapi"
        before = committed(service, name) if name == "openapi.json" else None
        if before is not None:
            yield from (f"{service}: breaks callers: {fault}" for fault in breaks(before, document))


def difference(one: object, other: object, place: str = "#") -> str | None:
    """Return the JSON pointer of the first difference; None when there is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            inner = f"{place}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in one or key not in other:
                return inner
            if found := difference(one[key], other[key], inner):
                return found
        return None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        places = (difference(left, right, f"{place}/{index}") for index, (left, right) in enumerate(zip(one, other, strict=True)))
        return next((inner for inner in places if inner), None)
    return None if one == other else place


def main() -> int:
    """Check every service; return the exit code."""
    found = [fault for service in services() for fault in faults(service)]
    for fault in found:
        print(fault)
    print(f"contracts: {len(services())} services, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
