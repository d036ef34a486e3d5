"""Runs all lints over a tree and takes off what is allowed by name."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from tests.house import access, code, text
from tests.house.exceptions import ALLOWED
from tests.house.ignored import candidates, ignored
from tests.house.source import ROOT, Finding, Source, files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

LINTS: Mapping[str, Callable[[Source], Iterable[Finding]]] = {
    "route-permission": access.route_permission,
    "commit": access.commit,
    "producer": access.producer,
    "scope": access.scope,
    "sql": code.sql,
    "clock": code.clock,
    "middleware": code.middleware,
    "purity": code.purity,
    "features": code.features,
    "file-length": text.file_length,
    "function-length": text.function_length,
    "open-end": text.open_end,
    "address": text.address,
    "suppression": text.suppression,
}


def check(source: Source, allowed: Mapping[str, Mapping[str, str]] = ALLOWED, used: set[tuple[str, str]] | None = None) -> list[Finding]:
    """Return what is wrong with one file; `used` collects the exceptions that were needed."""
    kept = []
    for rule, lint in LINTS.items():
        for finding in lint(source):
            pattern = _exception(finding, allowed.get(rule, ()))
            if pattern is None:
                kept.append(finding)
            elif used is not None:
                used.add((rule, pattern))
    return kept


def _exception(finding: Finding, patterns: Iterable[str]) -> str | None:
    """Return the pattern that allows a finding: a path, or a path with `::` and the name of a definition."""
    names = (finding.path, f"{finding.path}::{finding.symbol}")
    return next((pattern for pattern in patterns if any(fnmatch(name, pattern) for name in names)), None)


def run(root: Path = ROOT, allowed: Mapping[str, Mapping[str, str]] = ALLOWED) -> list[Finding]:
    """Return all findings of a tree; exceptions that are no longer needed, and files hidden from git, are findings too."""
    used: set[tuple[str, str]] = set()
    findings = [finding for source in files(root) for finding in check(source, allowed, used)]
    for rule, patterns in allowed.items():
        findings += [
            Finding("tests/house/exceptions.py", 1, rule, f"the exception for {pattern} is not needed any more")
            for pattern in patterns
            if (rule, pattern) not in used
        ]
    return sorted([*findings, *ignored(candidates(root), root)])
