"""Pure rules: what each organisation contributes to an indicator, and when a figure is measured, unmeasured, suppressed or a true zero.

A figure is the sum of its contributions and nothing else, so that every figure drills down to the organisations behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from typing import Protocol
from uuid import UUID

from services.insight.indicators.catalogue import Catalogue, Indicator
from services.insight.indicators.ledger import Ledger
from services.insight.indicators.measures import counts, measured

SHARE_DECIMALS = 2


class State(StrEnum):
    """What stands behind a figure; a suppressed one is too small a number of people to be told to the caller, or gives such a one away."""

    MEASURED = "measured"
    NOT_YET_MEASURED = "not_yet_measured"
    UNDEFINED = "undefined"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many schools have records of every kind behind a figure, of all schools in scope."""

    with_records: int
    schools: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """One organisation's part of a figure; `denominator` for shares and ratios only. Who may be told of it is asked elsewhere."""

    organisation_id: UUID
    numerator: int
    denominator: int | None = None


class Protection(Protocol):
    """What is kept from a caller who may not see people."""

    def hides(self, indicator: Indicator, level: str | None, organisation_id: UUID | None) -> bool:
        """Tell whether an organisation's own count is suppressed; without an organisation, the figure itself."""


@dataclass(frozen=True)
class Figure:
    """An indicator computed for one organisation, day and level. `missing`: kinds of record of which there is none."""

    indicator: Indicator
    level: str | None
    state: State
    contributions: tuple[Contribution, ...] = ()
    missing: tuple[str, ...] = ()
    coverage: Coverage = field(default=Coverage(0, 0))

    @cached_property
    def numerator(self) -> int | None:
        """Return the sum of what organisations contribute; None when suppressed."""
        return None if self.state is State.SUPPRESSED else sum(part.numerator for part in self.contributions)

    @cached_property
    def denominator(self) -> int | None:
        """Return, of a share or ratio, the sum of what is divided by; None when suppressed."""
        if self.indicator.parts is None or self.state is State.SUPPRESSED:
            return None
        return sum(part.denominator or 0 for part in self.contributions)

    def value(self, decimals: int = SHARE_DECIMALS) -> int | Decimal | None:
        """Return the count, the share in percent or the ratio, rounded half up; None unless measured."""
        if self.state is not State.MEASURED or self.numerator is None:
            return None
        if self.denominator is None:
            return self.numerator
        return divided(self.numerator * (100 if self.indicator.share else 1), self.denominator, decimals)


def percent(part: int, whole: int, decimals: int = SHARE_DECIMALS) -> Decimal:
    """Return `part` of `whole` in percent, rounded half up; `whole` is not zero."""
    return divided(part * 100, whole, decimals)


def divided(part: int, whole: int, decimals: int) -> Decimal:
    """Return `part` divided by `whole`, rounded half up; `whole` is not zero."""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def figure(
    catalogue: Catalogue, indicator: Indicator, ledger: Ledger, level: str | None = None, protection: Protection | None = None
) -> Figure:
    """Compute an indicator: measured only when records of every kind behind it exist for the organisation."""
    missing = tuple(kind for kind in indicator.sources if not ledger.holders(kind, level))
    found = Figure(indicator, level, State.NOT_YET_MEASURED, coverage=_coverage(ledger, indicator, level))
    if missing or not indicator.computable:
        return replace(found, missing=missing or indicator.sources)
    parts = contributions(catalogue, indicator, ledger, level)
    if protection and any(protection.hides(one, level, None) for one in catalogue.parts_of(indicator)):
        return replace(found, state=State.SUPPRESSED, contributions=parts)
    found = replace(found, state=State.MEASURED, contributions=parts)
    return replace(found, state=State.UNDEFINED) if found.denominator == 0 else found


def contributions(catalogue: Catalogue, indicator: Indicator, ledger: Ledger, level: str | None) -> tuple[Contribution, ...]:
    """Return what each organisation contributes, in the order of codes; those that contribute nothing are left out."""
    if indicator.parts:
        numerators, denominators = (_part(catalogue, part, ledger, level) for part in indicator.parts)
        keys = numerators.keys() | denominators.keys()
        parts = [Contribution(key, numerators.get(key, 0), denominators.get(key, 0)) for key in keys]
    else:
        parts = [Contribution(key, count) for key, count in counts(indicator, ledger, level).items()]
    told = [part for part in parts if part.numerator or part.denominator]
    return tuple(sorted(told, key=lambda part: (ledger.organisations[part.organisation_id].code, part.organisation_id)))


def _part(catalogue: Catalogue, name: str, ledger: Ledger, level: str | None) -> Mapping[UUID, int]:
    found = catalogue.find(name)
    return counts(found, ledger, level) if found else measured(name, ledger, level)


def _coverage(ledger: Ledger, indicator: Indicator, level: str | None) -> Coverage:
    schools = ledger.schools & ledger.at_level(level)
    held = [ledger.holders(kind, level) for kind in indicator.sources]
    return Coverage(len(schools.intersection(*held)), len(schools))
