"""What a lint looks at: one file, its syntax tree, and the places it may not look at."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_ANYWHERE = frozenset({"__pycache__", "node_modules"})
SKIPPED_AT_THE_ROOT = frozenset({"build", "data"})
TEXT_SUFFIXES = frozenset(
    {
        ".py",
        ".toml",
        ".yaml",
        ".yml",
        ".json",
        ".md",
        ".sh",
        ".html",
        ".css",
        ".js",
        ".xml",
        ".txt",
        ".cfg",
        ".ini",
        ".sql",
        ".lock",
        ".tpl",
        "",
    }
)
LARGEST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach of one rule."""

    path: str
    line: int
    rule: str
    message: str
    symbol: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One file by its path from the root."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the syntax tree of a Python file."""
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines without their ends."""
        return self.text.splitlines()

    @property
    def is_python(self) -> bool:
        """Whether the file is Python."""
        return self.path.endswith(".py")

    def under(self, *folders: str) -> bool:
        """Tell whether the file lies in one of the folders (each with a slash at its end), or is one of the files."""
        return self.path.startswith(folders)

    def nodes(self) -> Iterator[ast.AST]:
        """Yield every node of the syntax tree."""
        return ast.walk(self.tree)

    def found(self, rule: str, node: ast.AST | int, message: str) -> Finding:
        """Return a finding at a node or line; a definition's name becomes the finding's symbol."""
        line = node if isinstance(node, int) else int(getattr(node, "lineno", 1))
        return Finding(self.path, line, rule, message, getattr(node, "name", ""))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` of a chain of names; calls and subscripts inside it show as their own name, anything else as nothing."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return dotted(node.func)
        case ast.Subscript():
            return dotted(node.value)
    return ""


def last(node: ast.AST) -> str:
    """Return the last part of a chain of names."""
    return dotted(node).rpartition(".")[2]


def files(root: Path = ROOT) -> Iterator[Source]:
    """Yield every text file of the tree in a stable order."""
    for folder, names, entries in os.walk(root):
        here = Path(folder)
        top = here == root
        names[:] = sorted(name for name in names if not _skipped(name, top=top))
        for entry in sorted(entries):
            path = here / entry
            if path.suffix in TEXT_SUFFIXES and not path.is_symlink() and path.stat().st_size <= LARGEST_BYTES:
                yield Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8", errors="replace"))


def _skipped(name: str, *, top: bool) -> bool:
    hidden = name.startswith(".") and name != ".ci"
    return hidden or name in SKIPPED_ANYWHERE or name.endswith(".egg-info") or (top and name in SKIPPED_AT_THE_ROOT)
