"""The dated rules of the one-stop mechanism (egov-rules.yaml): which items hold on a day, and the name of the set that they make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RULE_SET = "one-stop-clock"
LISTS = (
    *("clock", "supplement", "refusal", "late_and_reappointment", "stop_and_return", "intake", "online_service", "roles"),
    *("dossier_code_rules", "payment", "forms"),
)


@dataclass(frozen=True, slots=True)
class RuleItem:
    """One dated item; `valid_to` is the last day on which it holds, None while in force; a start that was not found holds for ever."""

    id: str
    topic: str
    value: Any
    unit: str | None
    legal_basis: str
    valid_from: date | None
    valid_to: date | None
    certainty: str

    def holds(self, day: date) -> bool:
        """Tell whether the item holds on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Status:
    """One of the ten national status codes."""

    code: int
    key: str
    name_vi: str
    name_en: str
    terminal: bool


@dataclass(frozen=True, slots=True)
class CodeFormat:
    """A dated format of dossier codes."""

    id: str
    regex: str
    good: Sequence[str]
    bad: Sequence[str]
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class RuleSetRef:
    """Names the rules that made a result: the set, and the version of its content."""

    id: str
    version: str


@dataclass(frozen=True)
class Rulebook:
    """All items by id."""

    items: Mapping[str, RuleItem]
    statuses: Mapping[int, Status]
    code_formats: Sequence[CodeFormat]
    ref: RuleSetRef

    def on(self, day: date, topic: str) -> list[RuleItem]:
        """Return the items of a topic that hold on a day, in the order of the file."""
        return [item for item in self.items.values() if item.topic == topic and item.holds(day)]

    def one(self, day: date, *ids: str) -> RuleItem | None:
        """Return the first of these items that holds on a day, or None: before a rule existed it is not applied."""
        return next((self.items[name] for name in ids if self.items[name].holds(day)), None)


def read_rulebook(text: str) -> Rulebook:
    """Read egov-rules.yaml."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the C twin of the safe loader
    items = {item.id: item for item in _items(document)}
    statuses = {
        one["code"]: Status(one["code"], one["key"], one["name_vi"], one["name_en"], one["terminal"]) for one in document["status_codes"]
    }
    formats = [
        CodeFormat(one["id"], one["regex"], one["good"], one["bad"], date.fromisoformat(one["valid_from"]), _day(one["valid_to"]))
        for one in document["dossier_codes"]
    ]
    version = document["meta"]["as_of"] + "+" + hashlib.sha256(text.encode()).hexdigest()[:12]
    return Rulebook(items, statuses, formats, RuleSetRef(RULE_SET, version))


def _items(document: Mapping[str, Any]) -> Iterator[RuleItem]:
    for name in LISTS:
        for one in document[name]:
            yield RuleItem(
                one["id"],
                one.get("topic", name),
                one.get("value"),
                one.get("unit"),
                one["legal_basis"],
                _day(one["valid_from"]),
                _day(one["valid_to"]),
                one["certainty"],
            )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """Return the rules (package data)."""
    return read_rulebook(files("services.egov.clock").joinpath("data/egov-rules.yaml").read_text(encoding="utf-8"))
