"""Lints on the text itself: lengths, open ends, addresses that must not be named, suppressions without a reason."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.house.source import Finding, Source

FILE_LINES = 400
FUNCTION_LINES = 40
OPEN_END = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX:")) + r")\b")
HOSTS = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("repo1.maven", "org"),
    ("repo.maven.apache", "org"),
    ("registry.npmjs", "org"),
    ("registry.yarnpkg", "com"),
    ("docker", "io"),
    ("ghcr", "io"),
    ("quay", "io"),
    ("gcr", "io"),
    ("conda.anaconda", "org"),
    ("proxy.golang", "org"),
    ("crates", "io"),
)
"""Split, so that this file does not name them either."""
ADDRESS = re.compile("|".join(re.escape(f"{name}.{end}") + r"\b" for name, end in HOSTS))
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:" + "|".join(("ro" + "ot", "ho" + r"me/\w+", "wo" + "rk/(?:main|shared)", "t" + "mp/(?:lab|brief)")) + r")(?:/|\b)"
)
SUPPRESSION = re.compile(
    r"#\s*(?:noqa(?P<codes>:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?|type:\s*ignore(?P<kinds>\[[\w,\s-]+\])?|(?:ruff|flake8|mypy|pylint):)"
    r"(?P<rest>.*?)(?=#\s*(?:noqa|type:)|$)"
)
REASON_LETTERS = 5


def file_length(source: Source) -> Iterator[Finding]:
    """No Python file over 400 lines."""
    if source.is_python and len(source.lines) > FILE_LINES:
        yield source.found("file-length", len(source.lines), f"{len(source.lines)} lines; {FILE_LINES} are enough")


def function_length(source: Source) -> Iterator[Finding]:
    """No function over 40 lines, counted from `def` to its end."""
    if not source.is_python:
        return
    for node in source.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield source.found("function-length", node, f"`{node.name}` has {length} lines; {FUNCTION_LINES} are enough")


def open_end(source: Source) -> Iterator[Finding]:
    """What is not done is an issue, not a comment."""
    for number, line in enumerate(source.lines, start=1):
        if OPEN_END.search(line):
            yield source.found("open-end", number, "an open end in the text; finish it or file an issue")


def address(source: Source) -> Iterator[Finding]:
    """Package registries and machine paths are the environment's business: the repository names none."""
    for number, line in enumerate(source.lines, start=1):
        if ADDRESS.search(line):
            yield source.found("address", number, "names a package registry; leave that to the environment")
        if MACHINE_PATH.search(line):
            yield source.found("address", number, "names a path of one machine")


def suppression(source: Source) -> Iterator[Finding]:
    """Every `noqa` and `type: ignore` holds for its line alone and names its code; a reason follows the last one of the line."""
    if not source.is_python:
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        found = list(SUPPRESSION.finditer(token.string)) if token.type == tokenize.COMMENT else []
        if not all(one["codes"] or one["kinds"] for one in found):
            yield source.found("suppression", token.start[0], "suppresses everything; name the code, on the line itself")
        elif found and sum(letter.isalpha() for letter in found[-1]["rest"]) < REASON_LETTERS:
            yield source.found("suppression", token.start[0], "a suppression without a reason")
