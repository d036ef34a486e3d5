"""The figures a plan prints, read from the world's own copy of the facts: the comparison must not take them from insight."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACTUAL = "actual"
SECTIONS = ("totals", "internet", "documents", "procedures")
"""Parts of a province's plan that speak of the present; its part `investment` is planned."""
UNANSWERABLE = frozenset({"lcd_missing"})
"""It rests on a norm that the plan does not tell."""


@cache
def facts(plan: str) -> Mapping[str, Any]:
    """Return the facts file of a plan, by name."""
    loaded = yaml.safe_load(files("stack.world.data").joinpath(f"{plan}.yaml").read_text(encoding="utf-8"))
    return dict(loaded)


def figures(plan: str) -> dict[str, float]:
    """Return every number the plan prints of the present by a dotted name such as `2017.learners` or `primary.classes`."""
    document = facts(plan)
    return dict(_of_school(document) if "years" in document else _of_province(document))


def _of_school(document: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the figures of a school's plan; later years are targets."""
    actual = {year for year, row in document["years"].items() if row["kind"] == ACTUAL}
    for year in sorted(actual):
        yield from _numbers(str(year), document["years"][year])
    for year in sorted(actual & set(document.get("screens", {}))):
        yield from _numbers(f"screens.{year}", document["screens"][year])
    for section in ("computer_need", "other_devices"):
        yield from _numbers(section, document.get(section, {}))


def _of_province(document: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for level, part in document["levels"].items():
        yield from _numbers(level, part["printed"])
    for section in SECTIONS:
        yield from _numbers(section, document[section]["printed"])


def _numbers(prefix: str, value: object) -> Iterator[tuple[str, float]]:
    """Yield the numbers below a value with their dotted names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(f"{prefix}.{key}", inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield prefix, value


def answerable(figure: str) -> bool:
    """Tell whether the platform must have measured this figure."""
    return figure.rpartition(".")[2] not in UNANSWERABLE


def contradictions(plan: str) -> list[str]:
    """Return what the printed plan itself does not add up to."""
    return [str(item["what"]) for item in facts(plan).get("known_contradictions", [])]
