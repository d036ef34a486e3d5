"""Plans as data: what each prints, which day its figures speak of, what in it contradicts itself, and its targets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.insight.indicators.catalogue import Words
from services.insight.indicators.ledger import LEVELS

Number = int | Decimal
KIND_OF_YEAR = "kind"


class Strict(BaseModel):
    """Base of everything read from plans.yaml: an unknown word is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TextReading(Strict):
    """What makes a figure printed in words true: an indicator that is at least, or above, a number."""

    indicator: str
    least: Number | None = None
    above: Number | None = None

    def holds(self, computed: Number) -> bool:
        """Tell whether the computed value is what the words say."""
        return (self.least is None or computed >= self.least) and (self.above is None or computed > self.above)


class PartOfPlan(Strict):
    """How one part of a facts file is read; see plans.yaml."""

    at: str | None = None
    given: dict[str, Number] | None = None
    name: str | None = None
    by: Literal["year", "level"] | None = None
    inner: str | None = None
    keys: dict[str, str] = {}
    texts: dict[str, TextReading] = {}
    as_of: date | dict[int, date] | None = None


class SideBySide(Strict):
    """One of the values that contradict each other."""

    vi: str
    en: str
    value: Number


class Contradiction(Strict):
    """Something the printed plan does not add up to, the figures it concerns, and the one value of each that it `explains`."""

    id: str
    vi: str
    en: str
    figures: dict[str, Number]
    values: list[SideBySide] = Field(min_length=2)
    explains: dict[str, Number] = {}
    fact: int | None = None

    def accounts_for(self, figure: str, computed: Number) -> bool:
        """Tell whether the contradiction explains this computed value of the figure."""
        return self.explains.get(figure) == computed


class TargetReading(Words):
    """Which indicator a target of this plan means where the general reading of its name would be another one."""

    indicator: str


class Plan(Strict):
    """One plan; without `facts` only its targets are known."""

    plan: str
    code: str
    vi: str
    en: str
    facts: str | None = None
    as_of_note: str | None = None
    as_of_note_en: str | None = None
    parts: list[PartOfPlan] = []
    contradictions: list[Contradiction] = []
    readings: dict[str, TargetReading] = {}


class Target(Strict):
    """A value that a plan wants an indicator to reach in a year; `better: lower` where less is better."""

    plan: str
    year: int
    indicator: str
    value: Number
    unit: str
    level: str | None = None
    note: str | None = None
    better: Literal["higher", "lower"] = "higher"


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed figure: its dotted name, the indicator it is a value of, and the day it speaks of (None: a target, not a record).

    A cell of a table in which the plan prints nothing has no value; `text` says what makes a value in words true.
    """

    figure: str
    key: str
    value: Number | str | None
    as_of: date | None
    year: int | None = None
    level: str | None = None
    text: TextReading | None = None

    @property
    def decimals(self) -> int:
        """Return how many decimals were printed: the precision at which it can be compared."""
        return max(0, -int(self.value.as_tuple().exponent)) if isinstance(self.value, Decimal) else 0


@cache
def plans() -> Mapping[str, Plan]:
    """Return every plan by its id. Raises pydantic.ValidationError where plans.yaml is wrong."""
    read = [Plan.model_validate(entry) for entry in _load("plans")["plans"]]
    return {plan.plan: plan for plan in read}


@cache
def targets(code: str) -> tuple[Target, ...]:
    """Return the targets of the plan with this code."""
    return tuple(Target.model_validate(entry) for entry in _load("plan-targets")["targets"] if entry["plan"] == code)


@cache
def facts(name: str) -> Mapping[str, Any]:
    """Return what a plan prints, as transcribed."""
    return _load(name)


@cache
def printed(plan_id: str) -> tuple[Printed, ...]:
    """Return every figure that a plan prints, in its order; raises KeyError for an unknown plan."""
    return tuple(cell for cell in cells(plan_id) if cell.value is not None)


@cache
def unprinted(plan_id: str) -> tuple[Printed, ...]:
    """Return the cells of the plan's tables in which it prints nothing; raises KeyError for an unknown plan."""
    return tuple(cell for cell in cells(plan_id) if cell.value is None)


@cache
def cells(plan_id: str) -> tuple[Printed, ...]:
    """Return every cell of the plan's tables; raises KeyError for an unknown plan."""
    plan = plans()[plan_id]
    document = facts(plan.facts) if plan.facts else {}
    return tuple(cell for part in plan.parts for cell in read_part(part, document))


def read_part(part: PartOfPlan, document: Mapping[str, Any]) -> Iterator[Printed]:
    """Yield the cells of one part of a plan: in a table by level, every column that any level has, printed or not."""
    content: Any = document[part.at] if part.at else part.given
    if part.by is None:
        yield from _figures(part, [part.name], content[part.inner] if part.inner else content)
        return
    rows = {step: row[part.inner] if part.inner else row for step, row in content.items()}
    columns = dict.fromkeys(key for row in rows.values() for key in row) if part.by == "level" else {}
    for step, row in rows.items():
        year = int(step) if part.by == "year" else None
        level = str(step) if part.by == "level" and step in LEVELS else None
        yield from _figures(part, [part.name, str(step)], columns | row, year, level)


def _figures(
    part: PartOfPlan, names: list[str | None], row: Mapping[str, Any], year: int | None = None, level: str | None = None
) -> Iterator[Printed]:
    as_of = part.as_of.get(year or 0) if isinstance(part.as_of, dict) else part.as_of
    for key, value in row.items():
        if key != KIND_OF_YEAR:
            figure = ".".join([name for name in names if name] + [key])
            text = part.texts.get(key)
            indicator = text.indicator if text else part.keys.get(key, key)
            yield Printed(figure, indicator, value, as_of, year, level, text)


class _ExactLoader(yaml.SafeLoader):
    """Reads decimals as printed: 39.2 stays 39.2, with its one decimal."""


def _decimal(_: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value)


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)


def _load(name: str) -> dict[str, Any]:
    text = files(__package__).joinpath("data", name + ".yaml").read_text(encoding="utf-8")
    return dict(_ExactLoader(text).get_single_data())
