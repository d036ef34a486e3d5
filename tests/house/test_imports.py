"""The import contracts hold, and they bite: a copy of the tree with one forbidden import breaks exactly the contract it should."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("libs", "services", "gateway", "stack")
PROGRAM = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
BREACHES = (
    ("libs/common/clock.py", "import services.registry", "What all share knows none of them"),
    ("services/registry/fields.py", "import services.identity", "A service never imports another one"),
    ("stack/world/model.py", "import services.registry", "Gateway and stack start services by name"),
    ("gateway/__init__.py", "import stack.world", "The gateway does not know the local stack"),
    ("services/registry/learners/rules.py", "import sqlalchemy", "Rules know no framework"),
    ("services/registry/learners/schemas.py", "import services.registry.learners.tables", "Inside a feature"),
)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of pyproject.toml in a folder."""
    return subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, check=False)


def broken(output: str) -> list[str]:
    return [" ".join(line.split()[:-1]) for line in output.replace(" \n", " ").splitlines() if line.endswith(" BROKEN")]


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("path", "line", "contract"), BREACHES, ids=[contract.split(":")[0] for _, _, contract in BREACHES])
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, path: str, line: str, contract: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / path
    file.write_text(f"{file.read_text()}\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(name.startswith(contract) for name in broken(done.stdout)), done.stdout
