"""What the documents point at exists: links, anchors, paths, targets of make, commands of `lienthong`."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from stack.cli import app
from tests.docs.markdown import ROOT, blocks, documents, without_blocks

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`(?P<code>[^`\n]+)`")
PATH = re.compile(r"^(?:[\w.-]+/)+[\w.-]*$")
TARGET = re.compile(r"^(?P<name>[a-z]+):", re.MULTILINE)
OURS = ("libs", "services", "gateway", "stack", "tests", "docs", "deploy", ".ci")
LATER = ("build/", "data/")
"""Made by running, not kept in the repository."""
NAMES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in documents()]


def commands() -> set[str]:
    """Return the commands of `lienthong`, groups included."""
    found: set[str] = set()

    def walk(command: object, before: tuple[str, ...]) -> None:
        for name, sub in command.commands.items() if isinstance(command, TyperGroup) else ():
            found.add(" ".join((*before, name)))
            walk(sub, (*before, name))

    walk(typer.main.get_command(app), ())
    return found


def command_of(words: list[str], known: set[str]) -> str:
    """Return the command that the words name: with a sub-command where the first word is a group of them."""
    is_group = any(command.startswith(words[0] + " ") for command in known)
    named = len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1])
    return " ".join(words[:2]) if is_group and named else words[0]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", NAMES)
def test_every_link_leads_somewhere(path: Path) -> None:
    for match in LINK.finditer(without_blocks(path.read_text(encoding="utf-8"))):
        target, _, anchor = match["target"].partition("#")
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), match["target"]


@pytest.mark.parametrize("path", NAMES)
def test_every_path_exists(path: Path) -> None:
    for match in CODE.finditer(without_blocks(path.read_text(encoding="utf-8"))):
        code = match["code"].split("::")[0]
        first = code.split("/")[0]
        if not PATH.match(code) or code.startswith(LATER) or first not in {*OURS, *(one.name for one in path.parent.iterdir())}:
            continue
        assert (ROOT / code).exists() or (path.parent / code).exists(), code


@pytest.mark.parametrize("path", NAMES)
def test_every_command_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = {match["name"] for match in TARGET.finditer((ROOT / "Makefile").read_text(encoding="utf-8"))}
    told = [match["code"] for match in CODE.finditer(without_blocks(text))]
    lines = [line.strip() for language in ("sh", "text") for block in blocks(text, language) for line in block.splitlines()]
    known = commands()
    for line in (*told, *lines):
        words = re.sub(r"\s+#.*", "", line).split()
        if words[:1] == ["make"] and len(words) > 1:
            assert words[1] in targets, line
        if words[:1] == ["lienthong"] and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
            assert command_of(words[1:], known) in known, line


@pytest.mark.parametrize("path", NAMES)
def test_lines_are_short(path: Path) -> None:
    """Tables and links are as long as they are; everything else is wrapped at 140."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 140 and not line.startswith("|")] == []
