"""What has been counted under one organisation as of a day: organisations, tallies, and which kinds of record have come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from libs.common.rounding import Rounding
from services.insight.indicators.needs import Norms

SCHOOL, SITE = "school", "site"
LEVELS = ("preschool", "primary", "lower_secondary", "upper_secondary", "continuing")


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
    root: UUID | None = None
    norms: Norms = field(default_factory=Norms)
    rounding: Rounding = Rounding.UP
    _levels: dict[str | None, frozenset[UUID]] = field(default_factory=dict, repr=False, compare=False)
    _records: dict[tuple[str, str | None], Mapping[UUID, int]] = field(default_factory=dict, repr=False, compare=False)
    _holders: dict[tuple[str, str | None], frozenset[UUID]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def by_measure(self) -> Mapping[str, Sequence[Tally]]:
        """Return the tallies of each measure."""
        found: dict[str, list[Tally]] = {}
        for tally in self.tallies:
            found.setdefault(tally.measure, []).append(tally)
        return found

    @cached_property
    def schools(self) -> frozenset[UUID]:
        """Return the schools."""
        return self.of_kind(SCHOOL)

    def of_kind(self, kind: str) -> frozenset[UUID]:
        """Return the organisations of a kind."""
        return frozenset(key for key, organisation in self.organisations.items() if organisation.kind == kind)

    def owner(self, organisation_id: UUID) -> UUID:
        """Return who answers for an organisation's records: the school of a site, where it is inside, else itself."""
        found = self.organisations[organisation_id]
        inside = found.kind == SITE and found.parent_id in self.organisations
        return found.parent_id if inside and found.parent_id else organisation_id

    def at_level(self, level: str | None) -> frozenset[UUID]:
        """Return the organisations whose figures a level takes; a site takes the levels of its school."""
        if level not in self._levels:
            inside = (key for key in self.organisations if level is None or level in self.organisations[self.owner(key)].levels)
            self._levels[level] = frozenset(inside)
        return self._levels[level]

    def records(self, measure: str, level: str | None) -> Mapping[UUID, int]:
        """Return the records of a measure by who answers for them; whoever has none is left out."""
        if (measure, level) not in self._records:
            among, found = self.at_level(level), dict[UUID, int]()
            for tally in self.by_measure.get(measure, ()):
                counted = level is None or (tally.level == level if tally.level else tally.organisation_id in among)
                if counted and tally.count:
                    owner = self.owner(tally.organisation_id)
                    found[owner] = found.get(owner, 0) + tally.count
            self._records[measure, level] = found
        return self._records[measure, level]

    def holders(self, kind: str, level: str | None) -> frozenset[UUID]:
        """Return the organisations with records of a kind: those of the level, or all where nobody in scope offers the level."""
        if (kind, level) not in self._holders:
            among = self.at_level(level) or self.at_level(None)
            self._holders[kind, level] = frozenset(self.owner(key) for key, seen in self.seen if seen == kind and key in among)
        return self._holders[kind, level]
