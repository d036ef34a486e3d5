"""Each lint catches what it is for, lets good code pass, and finds nothing in this repository."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.house.ignored import candidates, ignored
from tests.house.runner import LINTS, check, run
from tests.house.samples import BAD, GOOD
from tests.house.source import Source, files

if TYPE_CHECKING:
    from pathlib import Path


def names(samples: tuple[tuple[str, str, str], ...]) -> list[str]:
    return [f"{rule}-{number}" for number, (rule, _, _) in enumerate(samples)]


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=names(BAD))
def test_catches(rule: str, path: str, text: str) -> None:
    assert [finding.rule for finding in LINTS[rule](Source(path, text))] == [rule]


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=names(GOOD))
def test_lets_pass(rule: str, path: str, text: str) -> None:
    assert list(LINTS[rule](Source(path, text))) == []


def test_every_lint_has_samples_of_both_kinds() -> None:
    assert {rule for rule, _, _ in BAD} == set(LINTS)
    assert {rule for rule, _, _ in GOOD} == set(LINTS)


def test_this_repository_is_clean() -> None:
    assert [str(finding) for finding in run()] == []


def test_an_exception_holds_for_one_path_and_rule_only() -> None:
    text = "async def f(session):\n    await session.commit()\n"
    allowed = {"commit": {"services/a/b/*.py": "a reason"}}
    assert check(Source("services/a/b/service.py", text), allowed) == []
    assert [finding.rule for finding in check(Source("services/a/c/service.py", text), allowed)] == ["commit"]


def test_an_exception_may_name_one_definition() -> None:
    text = '@router.get("/x")\ndef one() -> None: ...\n@router.get("/y")\ndef other() -> None: ...\n'
    found = check(Source("services/a/b/routes.py", text), {"route-permission": {"services/a/b/routes.py::one": "a reason"}})
    assert [finding.symbol for finding in found] == ["other"]


def test_an_exception_that_nothing_needs_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "x.py").write_text("x = 1\n")
    found = run(tmp_path, {"commit": {"services/x.py": "was needed once"}})
    assert [finding.message for finding in found] == ["the exception for services/x.py is not needed any more"]


def test_the_walk_skips_what_is_not_ours(tmp_path: Path) -> None:
    for folder in (".venv", "build", "data", "stack/world/data", "libs/__pycache__", ".ci"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file.py").write_text("x = 1\n")
    assert [source.path for source in files(tmp_path)] == [".ci/file.py", "stack/world/data/file.py"]


def test_a_file_hidden_from_git_is_a_finding(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)  # noqa: S607 - whichever git the machine has
    (tmp_path / "stack" / "data").mkdir(parents=True)
    (tmp_path / "stack" / "data" / "names.csv").write_text("x\n")
    (tmp_path / "stack" / "world.py").write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("/data/\n")
    assert candidates(tmp_path) == ["stack/data/names.csv", "stack/world.py"]
    assert ignored(candidates(tmp_path), tmp_path) == []
    (tmp_path / ".gitignore").write_text("data/\n")
    assert [finding.path for finding in ignored(candidates(tmp_path), tmp_path)] == ["stack/data/names.csv"]
