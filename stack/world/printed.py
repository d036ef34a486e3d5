"""The figures a plan prints, read from the world's own copy of the facts: the comparison must not take them from insight."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACTUAL = "actual"
ANSWERABLE = ("sites", "classes", "staff", "learners", "learners_informatics", "informatics_teachers", "staff_it_certificate")
"""Indicators whose records the registry holds; rooms, screens and computers wait for the assets service."""


@cache
def facts(plan: str) -> Mapping[str, Any]:
    """Return the facts file of a plan, by name."""
    loaded = yaml.safe_load(files("stack.world.data").joinpath(f"{plan}.yaml").read_text(encoding="utf-8"))
    return dict(loaded)


def figures(plan: str) -> dict[str, int]:
    """Return every whole number the plan prints of the present by a dotted name such as `2017.learners`; later years are targets."""
    return dict(_figures(facts(plan)))


def _figures(document: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    actual = {year for year, row in document["years"].items() if row["kind"] == ACTUAL}
    for year in sorted(actual):
        yield from _numbers(str(year), document["years"][year])
    for year in sorted(actual & set(document.get("screens", {}))):
        yield from _numbers(f"screens.{year}", document["screens"][year])
    for section in ("computer_need", "other_devices"):
        yield from _numbers(section, document.get(section, {}))


def _numbers(prefix: str, value: object) -> Iterator[tuple[str, int]]:
    """Yield the whole numbers below a value with their dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(f"{prefix}.{key}", inner)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield prefix, value


def answerable(figure: str) -> bool:
    """Tell whether the platform must have measured this figure by now."""
    year, _, indicator = figure.partition(".")
    return year.isdecimal() and indicator in ANSWERABLE


def contradictions(plan: str) -> list[str]:
    """Return what the printed plan itself does not add up to."""
    return [str(item["what"]) for item in facts(plan).get("known_contradictions", [])]
