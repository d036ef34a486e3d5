"""The figures a plan prints, read from the world's own copy of the facts: the comparison must not take them from insight."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND, ACTUAL = "kind", "actual"
SECTIONS = ("totals", "internet", "documents", "procedures")
"""Parts of a province's plan that speak of the present; its part `investment` is planned."""
UNANSWERABLE = frozenset({"lcd_missing"})
"""It rests on a norm that the plan does not tell."""

Printed: TypeAlias = float | str


@cache
def facts(plan: str) -> Mapping[str, Any]:
    """Return the facts file of a plan, by name."""
    loaded = yaml.safe_load(files("stack.world.data").joinpath(f"{plan}.yaml").read_text(encoding="utf-8"))
    return dict(loaded)


def figures(plan: str) -> dict[str, Printed]:
    """Return every figure the plan prints of the present, in numbers or words, by a dotted name such as `2017.learners`."""
    document = facts(plan)
    return dict(_of_school(document) if "years" in document else _of_province(document))


def _of_school(document: Mapping[str, Any]) -> Iterator[tuple[str, Printed]]:
    """Yield the figures of a school's plan; later years are targets."""
    actual = {year for year, row in document["years"].items() if row["kind"] == ACTUAL}
    for year in sorted(actual):
        yield from _figures(str(year), {name: value for name, value in document["years"][year].items() if name != KIND})
    for year in sorted(actual & set(document.get("screens", {}))):
        yield from _figures(f"screens.{year}", document["screens"][year])
    for section in ("computer_need", "other_devices"):
        yield from _figures(section, document.get(section, {}))


def _of_province(document: Mapping[str, Any]) -> Iterator[tuple[str, Printed]]:
    for level, part in document["levels"].items():
        yield from _figures(level, part["printed"])
    for section in SECTIONS:
        yield from _figures(section, document[section]["printed"])


def _figures(prefix: str, value: object) -> Iterator[tuple[str, Printed]]:
    """Yield the figures below a value with their dotted names; a cell in which nothing is printed is none."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _figures(f"{prefix}.{key}", inner)
    elif isinstance(value, int | float | str):
        yield prefix, value


def answerable(figure: str) -> bool:
    """Tell whether the platform must have measured this figure."""
    return figure.rpartition(".")[2] not in UNANSWERABLE


def contradictions(plan: str) -> list[str]:
    """Return what the printed plan itself does not add up to."""
    return [str(item["what"]) for item in facts(plan).get("known_contradictions", [])]
