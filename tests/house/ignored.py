"""Nothing that a fresh clone needs may be hidden from git: `data/` in .gitignore once took every package's data folder with it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.house.source import ROOT, Finding, files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SOURCES = ("libs/", "services/", "gateway/", "stack/", "tests/", "deploy/", "docs/", ".ci/")
RULE = "ignored"


def candidates(root: Path = ROOT) -> list[str]:
    """Return the files under the source folders, whatever their kind."""
    known = [source.path for source in files(root) if source.under(*SOURCES)]
    data = [path.relative_to(root).as_posix() for folder in SOURCES for path in (root / folder).glob("**/data/*") if path.is_file()]
    return sorted({*known, *data})


def ignored(paths: Iterable[str], root: Path = ROOT) -> list[Finding]:
    """Return a finding for each file that git would leave out; none where there is no repository."""
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", "--verbose", "--stdin"],  # noqa: S607 - whichever git the machine has
        cwd=root,
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    found = (line.partition("\t") for line in asked.stdout.splitlines())
    return [Finding(path, 1, RULE, f"git ignores this file ({rule})") for rule, _, path in found if "__pycache__" not in path]
