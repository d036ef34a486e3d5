"""Pure rules: what each organisation contributes to an indicator, and when a figure is measured, unmeasured or a true zero.

A figure is the sum of its contributions and nothing else, so that every figure drills down to the organisations behind it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from services.insight.indicators.catalogue import Catalogue, Indicator

SCHOOL, SITE = "school", "site"
LEVELS = ("preschool", "primary", "lower_secondary", "upper_secondary", "continuing")
SHARE_DECIMALS = 2


class State(StrEnum):
    """What stands behind a figure."""

    MEASURED = "measured"
    NOT_YET_MEASURED = "not_yet_measured"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as it was on the day; `has_website` is None where nobody has said."""

    organisation_id: UUID
    code: str
    name: str
    kind: str
    parent_id: UUID | None = None
    levels: frozenset[str] = frozenset()
    has_website: bool | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Records of one organisation counted; `level` is None where records have no level of their own and take the organisation's."""

    organisation_id: UUID
    measure: str
    level: str | None
    count: int


@dataclass(frozen=True)
class Ledger:
    """Everything counted under one organisation as of a day. `seen`: which kinds of record each organisation has had until then."""

    organisations: Mapping[UUID, Organisation]
    tallies: Sequence[Tally] = ()
    seen: frozenset[tuple[UUID, str]] = frozenset()

    @cached_property
    def by_measure(self) -> Mapping[str, Sequence[Tally]]:
        """Return the tallies of each measure."""
        found: dict[str, list[Tally]] = {}
        for tally in self.tallies:
            found.setdefault(tally.measure, []).append(tally)
        return found

    def owner(self, organisation_id: UUID) -> UUID:
        """Return who answers for an organisation's records: the school of a site, where it is inside, else itself."""
        found = self.organisations[organisation_id]
        inside = found.kind == SITE and found.parent_id in self.organisations
        return found.parent_id if inside and found.parent_id else organisation_id

    def at_level(self, level: str | None) -> frozenset[UUID]:
        """Return the organisations whose figures a level takes; a site takes the levels of its school."""
        if level is None:
            return frozenset(self.organisations)
        return frozenset(key for key in self.organisations if level in self.organisations[self.owner(key)].levels)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many schools have records of every kind behind a figure, of all schools in scope."""

    with_records: int
    schools: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """One organisation's part of a figure; `denominator` for shares only."""

    organisation_id: UUID
    numerator: int
    denominator: int | None = None


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
    def numerator(self) -> int:
        """Return the sum of what organisations contribute."""
        return sum(part.numerator for part in self.contributions)

    @cached_property
    def denominator(self) -> int | None:
        """Return, of a share, the sum of what it is a share of."""
        return sum(part.denominator or 0 for part in self.contributions) if self.indicator.share else None

    def value(self, decimals: int = SHARE_DECIMALS) -> int | Decimal | None:
        """Return the count, or the share in percent rounded half up; None unless measured."""
        if self.state is not State.MEASURED:
            return None
        return self.numerator if self.denominator is None else percent(self.numerator, self.denominator, decimals)


def percent(part: int, whole: int, decimals: int = SHARE_DECIMALS) -> Decimal:
    """Return `part` of `whole` in percent, rounded half up; `whole` is not zero."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def figure(catalogue: Catalogue, indicator: Indicator, ledger: Ledger, level: str | None = None) -> Figure:
    """Compute an indicator: measured only when records of every kind behind it exist for the organisation."""
    missing = tuple(kind for kind in indicator.sources if not _holders(ledger, kind, level))
    coverage = _coverage(ledger, indicator, level)
    if missing or not indicator.computable:
        return Figure(indicator, level, State.NOT_YET_MEASURED, missing=missing or indicator.sources, coverage=coverage)
    parts = contributions(catalogue, indicator, ledger, level)
    found = Figure(indicator, level, State.MEASURED, parts, coverage=coverage)
    return Figure(indicator, level, State.UNDEFINED, parts, coverage=coverage) if found.denominator == 0 else found


def contributions(catalogue: Catalogue, indicator: Indicator, ledger: Ledger, level: str | None) -> tuple[Contribution, ...]:
    """Return what each organisation contributes, in the order of codes; those that contribute nothing are left out."""
    if indicator.share:
        numerators, denominators = (counts(str(catalogue.get(part).measure), ledger, level) for part in indicator.share)
        keys = numerators.keys() | denominators.keys()
        parts = [Contribution(key, numerators.get(key, 0), denominators.get(key, 0)) for key in keys]
    else:
        parts = [Contribution(key, count) for key, count in counts(str(indicator.measure), ledger, level).items()]
    told = [part for part in parts if part.numerator or part.denominator]
    return tuple(sorted(told, key=lambda part: (ledger.organisations[part.organisation_id].code, part.organisation_id)))


def counts(measure: str, ledger: Ledger, level: str | None) -> Mapping[UUID, int]:
    """Return a measure by organisation: things that organisations are, or records that they have."""
    if measure in OF_ORGANISATIONS:
        among = ledger.at_level(level)
        return {key: 1 for key in OF_ORGANISATIONS[measure](ledger, level) if key in among}
    return _records(ledger, measure, level)


def _records(ledger: Ledger, measure: str, level: str | None) -> dict[UUID, int]:
    among, found = ledger.at_level(level), dict[UUID, int]()
    for tally in ledger.by_measure.get(measure, ()):
        counted = level is None or (tally.level == level if tally.level else tally.organisation_id in among)
        if counted and tally.count:
            owner = ledger.owner(tally.organisation_id)
            found[owner] = found.get(owner, 0) + tally.count
    return found


def _schools(ledger: Ledger, _: str | None) -> Iterable[UUID]:
    return _of_kind(ledger, SCHOOL)


def _sites(ledger: Ledger, _: str | None) -> Iterable[UUID]:
    return _of_kind(ledger, SITE)


def _schools_with_website(ledger: Ledger, _: str | None) -> Iterable[UUID]:
    return [key for key in _of_kind(ledger, SCHOOL) if ledger.organisations[key].has_website]


def _schools_with_informatics(ledger: Ledger, level: str | None) -> Iterable[UUID]:
    """A school teaches informatics at a level when a class of that level studies it."""
    return [key for key in _records(ledger, "classes_with_informatics", level) if ledger.organisations[key].kind == SCHOOL]


def _of_kind(ledger: Ledger, kind: str) -> list[UUID]:
    return [key for key, organisation in ledger.organisations.items() if organisation.kind == kind]


OF_ORGANISATIONS = {
    "schools": _schools,
    "sites": _sites,
    "schools_with_website": _schools_with_website,
    "schools_with_informatics": _schools_with_informatics,
}


def _holders(ledger: Ledger, kind: str, level: str | None) -> set[UUID]:
    """Return the organisations with records of a kind: those of the level, or all where nobody in scope offers the level."""
    among = ledger.at_level(level) or ledger.at_level(None)
    return {ledger.owner(key) for key, seen in ledger.seen if seen == kind and key in among}


def _coverage(ledger: Ledger, indicator: Indicator, level: str | None) -> Coverage:
    schools = set(_of_kind(ledger, SCHOOL)) & ledger.at_level(level)
    held = [_holders(ledger, kind, level) for kind in indicator.sources]
    return Coverage(len(schools.intersection(*held)), len(schools))
