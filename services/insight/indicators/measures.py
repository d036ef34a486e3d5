"""Pure: what each organisation counts for an indicator, be it records that it has, a thing that it is, or a need that follows from both."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from libs.common.rounding import divide
from services.insight.indicators.catalogue import Having, Indicator
from services.insight.indicators.ledger import SITE, Ledger
from services.insight.indicators.needs import Norm, missing

LEARNERS, COMPUTERS, TEACHERS = "learners", "device.teaching_computer", "informatics_teachers"
FAST_LINES = ("line.ftth", "line.leased")
Counts = Mapping[UUID, int]


def counts(indicator: Indicator, ledger: Ledger, level: str | None) -> Counts:
    """Return what each organisation counts; those that count nothing are left out."""
    if indicator.having:
        return dict.fromkeys(_having(indicator.having, ledger, level), 1)
    if indicator.of:
        return total(ledger.records(measure, level) for measure in indicator.of)
    return measured(str(indicator.measure), ledger, level)


def measured(measure: str, ledger: Ledger, level: str | None) -> Counts:
    """Return one measure by organisation."""
    special = SPECIAL.get(measure)
    return special(ledger, level) if special else ledger.records(measure, level)


def total(parts: Iterable[Counts]) -> dict[UUID, int]:
    """Add counts up."""
    found = dict[UUID, int]()
    for part in parts:
        for key, count in part.items():
            found[key] = found.get(key, 0) + count
    return found


def _having(having: Having, ledger: Ledger, level: str | None) -> Iterable[UUID]:
    def holders(measures: Iterable[str]) -> list[frozenset[UUID]]:
        return [frozenset(ledger.records(measure, level)) for measure in measures]

    found = ledger.schools & ledger.at_level(level)
    if having.any:
        found &= frozenset[UUID]().union(*holders(having.any))
    for one in holders(having.all):
        found &= one
    return found.difference(*holders(having.none))


def _schools(ledger: Ledger, level: str | None) -> Counts:
    return dict.fromkeys(ledger.schools & ledger.at_level(level), 1)


def _sites(ledger: Ledger, level: str | None) -> Counts:
    return dict.fromkeys(ledger.of_kind(SITE) & ledger.at_level(level), 1)


def _schools_with_website(ledger: Ledger, level: str | None) -> Counts:
    return {key: 1 for key in _schools(ledger, level) if ledger.organisations[key].has_website}


def _schools_with_informatics(ledger: Ledger, level: str | None) -> Counts:
    """A school teaches informatics at a level when a class of that level studies it."""
    return dict.fromkeys(ledger.schools & ledger.at_level(level) & ledger.records("classes_with_informatics", level).keys(), 1)


def _sites_with_fast_internet(ledger: Ledger, level: str | None) -> Counts:
    """A line counts for the site that it was recorded at; what is recorded at the school counts for none."""
    online = {tally.organisation_id for measure in FAST_LINES for tally in ledger.by_measure.get(measure, ()) if tally.count}
    return {key: 1 for key in _sites(ledger, level) if key in online}


def _norm_total(ledger: Ledger, level: str | None) -> Counts:
    return _by_norm(ledger, level, lambda norms: sum(norms.values()))


def _norm_levels(ledger: Ledger, level: str | None) -> Counts:
    return _by_norm(ledger, level, len)


def _by_norm(ledger: Ledger, level: str | None, value: Callable[[Mapping[str, int]], int]) -> Counts:
    of_schools = {key: value(_norms(ledger, key, level)) for key in ledger.schools}
    return {key: number for key, number in of_schools.items() if number}


def _norms(ledger: Ledger, school: UUID, level: str | None) -> Mapping[str, int]:
    """Return the norms of computers that hold for a school: of the level asked for, or of all that it offers."""
    offered = _offered(ledger.norms.learners_per_computer, ledger, school)
    return {name: norm for name, norm in offered.items() if level in {None, name}}


def _offered(norms: Mapping[str, Norm], ledger: Ledger, school: UUID) -> Mapping[str, int]:
    """Return the norms of the levels that a school offers."""
    return {name: norm.value for name, norm in norms.items() if name in ledger.organisations[school].levels}


def _need(ledger: Ledger, school: UUID, level: str | None) -> Mapping[str, int]:
    """Return the computers that a school needs at each level."""
    return {
        name: divide(ledger.records(LEARNERS, name).get(school, 0), norm, ledger.rounding)
        for name, norm in _norms(ledger, school, level).items()
    }


def _computers_needed(ledger: Ledger, level: str | None) -> Counts:
    found = {school: sum(_need(ledger, school, level).values()) for school in ledger.schools}
    return {school: number for school, number in found.items() if number}


def _computers_missing(ledger: Ledger, level: str | None) -> Counts:
    at_level, anywhere = dict[tuple[UUID, str], int](), dict[UUID, int]()
    for tally in ledger.by_measure.get(COMPUTERS, ()):
        owner = ledger.owner(tally.organisation_id)
        if tally.level:
            at_level[owner, tally.level] = at_level.get((owner, tally.level), 0) + tally.count
        else:
            anywhere[owner] = anywhere.get(owner, 0) + tally.count
    found = dict[UUID, int]()
    for school in ledger.schools:
        need = _need(ledger, school, level)
        lacking = missing(need, {name: at_level.get((school, name), 0) for name in need}, anywhere.get(school, 0))
        if lacking:
            found[school] = lacking
    return found


def _teachers_missing(ledger: Ledger, level: str | None) -> Counts:
    """A teacher belongs to the school, not to a level: a school of several levels needs what the highest of their norms says."""
    norms, held = ledger.norms.informatics_teachers_per_school, ledger.records(TEACHERS, None)
    need = {school: max(_offered(norms, ledger, school).values(), default=0) for school in ledger.schools & ledger.at_level(level)}
    return {school: number - held.get(school, 0) for school, number in need.items() if number > held.get(school, 0)}


SPECIAL: Mapping[str, Callable[[Ledger, str | None], Counts]] = {
    "schools": _schools,
    "sites": _sites,
    "schools_with_website": _schools_with_website,
    "schools_with_informatics": _schools_with_informatics,
    "sites_with_fast_internet": _sites_with_fast_internet,
    "norm_total": _norm_total,
    "norm_levels": _norm_levels,
    "computers_needed": _computers_needed,
    "computers_missing": _computers_missing,
    "teachers_missing": _teachers_missing,
}
