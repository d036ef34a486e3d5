"""The wear engine: pure arithmetic over a dated rule set, money in whole đồng, years whole.

Source: Circular 141/2025/TT-BTC and its predecessor 23/2023/TT-BTC as data/asset-rules.yaml tells them. How it reads the rules where they
leave room: years before the first regime follow the first regime; where life or rate changes (a new regime, a moved rate, another cost,
second-hand, an opening taken over across such a change) what is left is spread over what is left of the life; the last year of the life, or
the year in which a yearly amount would exceed the rest, books the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

HUNDRED = Decimal(100)


class Standing(StrEnum):
    """Whether an asset wears, and why not."""

    WEARS = "wears"
    TOOL = "tool"
    EXEMPT = "exempt"
    NO_CLASS = "no_class"
    NO_COST = "no_cost"


class Rule(StrEnum):
    """Which rule made a year's amount."""

    YEARLY = "yearly"
    SPREAD = "spread"
    FINAL = "final"
    OVER = "over"
    WORN = "worn"


@dataclass(frozen=True, slots=True)
class Rate:
    """Life in whole years, and percent of the cost each year."""

    life: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Regime:
    """The rates of a circular, for the years from `first_year` until the next regime begins."""

    id: str
    first_year: int
    legal_basis: str
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A rate that the province has moved by `share` (at most the band) from a year on."""

    wear_class: str
    share: Decimal
    from_year: int


@dataclass(frozen=True)
class RuleSet:
    """One version of the rules; regimes in the order of their years."""

    id: str
    version: int
    regimes: Sequence[Regime]
    minimum_cost: int
    always_fixed: frozenset[str]
    band: Decimal
    adjustments: Sequence[Adjustment] = ()

    @cached_property
    def classes(self) -> frozenset[str]:
        """Return the classes that have a rate."""
        return frozenset(name for regime in self.regimes for name in regime.rates)

    def regime(self, year: int) -> Regime:
        """Return the regime of a year; earlier years follow the first one."""
        return next((regime for regime in reversed(self.regimes) if regime.first_year <= year), self.regimes[0])

    @cached_property
    def turns(self) -> Sequence[int]:
        """Return the years from which other rates may hold."""
        return sorted({*(regime.first_year for regime in self.regimes), *(entry.from_year for entry in self.adjustments)})

    @cached_property
    def _terms(self) -> dict[tuple[str, int], tuple[str, Rate]]:
        return {}

    def terms(self, wear_class: str, year: int) -> tuple[str, Rate]:
        """Return the regime's id and the rate of a class in a year; found once, since all assets ask the same few questions."""
        found = self._terms.get((wear_class, year))
        if found is None:
            found = self._terms[wear_class, year] = (self.regime(year).id, self.rate(wear_class, year))
        return found

    def rate(self, wear_class: str, year: int) -> Rate:
        """Return the rate of a class in a year, moved where the province has moved it."""
        rate = self.regime(year).rates[wear_class]
        moved = [entry for entry in self.adjustments if entry.wear_class == wear_class and entry.from_year <= year]
        return adjusted(rate, max(moved, key=lambda entry: entry.from_year).share, self.band) if moved else rate


@dataclass(frozen=True, slots=True)
class CostChange:
    """Another cost from a year on."""

    year: int
    cost: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What the engine needs to know of one piece. `cost` is the first one; `opening` is (year, accumulated at its end)."""

    wear_class: str | None
    cost: int | None
    first_year: int
    second_hand_years: int = 0
    opening: tuple[int, int] | None = None
    exempt: str | None = None
    changes: tuple[CostChange, ...] = ()


class Stretch(NamedTuple):
    """Years in which neither rate nor cost changes: `amount` is booked each year, the rest in the last year of the life."""

    first_year: int
    regime: str
    rule: Rule
    cost: int
    before: int
    amount: int
    last_year: int

    def accumulated(self, year: int) -> int:
        """Return what is booked at the end of a year of this stretch, or of the year before it."""
        if year < self.first_year:
            return self.before
        rest = max(0, self.cost - self.before)
        if year >= self.last_year:
            return self.before + rest
        return self.before + min(rest, self.amount * (year - self.first_year + 1))


@dataclass(frozen=True, slots=True)
class Year:
    """One year's step: what was booked by which rule, and where it leads."""

    year: int
    regime: str
    rule: Rule
    cost: int
    wear: int
    accumulated: int
    years_left: int

    @property
    def remaining(self) -> int:
        """Return what is left of the cost."""
        return max(0, self.cost - self.accumulated)


@dataclass(frozen=True, slots=True)
class Wear:
    """How an asset wears: stretches from its first year of use, or the year after its opening; none where nothing wears."""

    standing: Standing
    stretches: tuple[Stretch, ...] = ()

    def at(self, year: int) -> Stretch | None:
        """Return the stretch of a year, None before the first one."""
        return next((stretch for stretch in reversed(self.stretches) if stretch.first_year <= year), None)

    def amounts(self, year: int) -> tuple[int, int, int]:
        """Return the year's wear, and accumulated and remaining at its end; of a year in which nothing is computed, zeros."""
        stretch = self.at(year)
        if stretch is None:
            return 0, 0, 0
        accumulated = stretch.accumulated(year)
        return accumulated - stretch.accumulated(year - 1), accumulated, max(0, stretch.cost - accumulated)


class OutsideBandError(ValueError):
    """A rate was moved by more than the law allows."""


def adjusted(rate: Rate, share: Decimal, band: Decimal) -> Rate:
    """Move a rate by a share, and its life with it (rounded up to whole years); raises OutsideBandError."""
    if abs(share) > band:
        raise OutsideBandError(str(share))
    return Rate(int((rate.life / (1 + share)).to_integral_value(ROUND_CEILING)), rate.percent * (1 + share))


def half_up(amount: Decimal) -> int:
    """Round to whole đồng, half up."""
    return int(amount.to_integral_value(ROUND_HALF_UP))


def wear(rules: RuleSet, holding: Holding, until: int) -> Wear:
    """Return how an asset wears until a year."""
    standing = stands(rules, holding)
    if standing is not Standing.WEARS or holding.wear_class is None or holding.cost is None:
        return Wear(standing)
    return Wear(standing, tuple(_stretches(rules, holding, holding.wear_class, holding.cost, until)))


def years(rules: RuleSet, found: Wear, until: int) -> Iterator[Year]:
    """Yield every year's step."""
    for year in range(found.stretches[0].first_year if found.stretches else until + 1, until + 1):
        stretch = found.at(year)
        if stretch is not None:
            booked, accumulated, remaining = found.amounts(year)
            rule = _rule(stretch, year, booked, remaining)
            yield Year(year, rules.regime(year).id, rule, stretch.cost, booked, accumulated, max(0, stretch.last_year - year))


def stands(rules: RuleSet, holding: Holding) -> Standing:
    """Tell whether the asset wears at all."""
    if holding.exempt is not None:
        return Standing.EXEMPT
    if holding.cost is None:
        return Standing.NO_COST
    if holding.wear_class is None or holding.wear_class not in rules.classes:
        return Standing.NO_CLASS
    if holding.cost < rules.minimum_cost and holding.wear_class not in rules.always_fixed:
        return Standing.TOOL
    return Standing.WEARS


def _stretches(rules: RuleSet, holding: Holding, wear_class: str, cost: int, until: int) -> Iterator[Stretch]:
    start, accumulated = holding.first_year, 0
    if holding.opening is not None:
        start, accumulated = holding.opening[0] + 1, holding.opening[1]
    costs = {change.year: change.cost for change in holding.changes}
    for year in sorted(costs):
        cost = costs[year] if year < start else cost
    known = rules.terms(wear_class, holding.first_year)[1]
    stretch = None
    for year in _cuts(rules, start, costs, until):
        regime, rate = rules.terms(wear_class, year)
        spread = rate != known or year in costs or (stretch is None and holding.second_hand_years > 0)
        if stretch is not None:
            if not spread:
                continue
            accumulated = stretch.accumulated(year - 1)
        known, cost = rate, costs.get(year, cost)
        last_year = holding.first_year - holding.second_hand_years + rate.life - 1
        amount = _share(max(0, cost - accumulated), last_year - year + 1) if spread else half_up(cost * rate.percent / HUNDRED)
        stretch = Stretch(year, regime, Rule.SPREAD if spread else Rule.YEARLY, cost, accumulated, amount, last_year)
        yield stretch


def _cuts(rules: RuleSet, start: int, costs: Mapping[int, int], until: int) -> list[int]:
    """Return the years in which anything can change, the first one included."""
    if start > until:
        return []
    cuts = [start, *(year for year in rules.turns if start < year <= until)]
    return sorted({*cuts, *(year for year in costs if start < year <= until)}) if costs else cuts


def _share(rest: int, years_left: int) -> int:
    return half_up(Decimal(rest) / years_left) if years_left > 0 else rest


def _rule(stretch: Stretch, year: int, booked: int, remaining: int) -> Rule:
    if booked == 0 and remaining == 0:
        return Rule.WORN
    if year > stretch.last_year:
        return Rule.OVER
    return stretch.rule if remaining else Rule.FINAL
