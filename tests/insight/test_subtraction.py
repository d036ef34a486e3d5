"""No small number of people can be worked out from all that a caller who may not see people is told, whatever is taken from what.

An oracle of its own: every figure that is told is an equation in what the organisations themselves count, and whatever counts people, or is
left over when one count is taken from another, is looked for among all linear combinations of these equations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, combinations
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.disclosure import SMALL
from services.insight.indicators.catalogue import Catalogue, Indicator, catalogue
from services.insight.indicators.ledger import Ledger, Organisation, Tally
from services.insight.indicators.protection import Suppression
from services.insight.indicators.rules import figure

PRIME = 2**61 - 1
LEVELS = ("primary", "lower_secondary")
ASKED = (None, *LEVELS)
SEEN = ("learner", "staff", "dossier")
# What the catalogue says, said once more by who counts whom: an indicator that is the sum of others is no unknown of its own.
MADE_OF = {"persons": ("learners", "staff"), "persons_with_digital_record": ("learners_in_class", "staff")}
PARTS = {
    "staff": ("teachers", "managers", "technicians", "staff_it_certificate", "teachers_it_certificate", "informatics_teachers"),
    "teachers": (
        *("informatics_teachers", "teachers_university", "teachers_college", "teachers_intermediate"),
        *("teachers_it_certificate", "teachers_using_it", "teachers_elearning"),
    ),
    "informatics_teachers": ("teachers_university", "teachers_college", "teachers_intermediate"),
    "staff_it_certificate": ("teachers_it_certificate",),
    "learners": ("learners_with_informatics", "learners_grade3_up", "learners_grade3_up_informatics"),
    "learners_with_informatics": ("learners_grade3_up_informatics",),
    "learners_grade3_up": ("learners_grade3_up_informatics",),
    "persons": ("learners", "staff", "persons_with_digital_record"),
    "persons_with_digital_record": ("staff",),
    "dossiers": ("dossiers_online", "dossiers_full_online", "dossiers_finished", "dossiers_on_time"),
    "dossiers_online": ("dossiers_full_online",),
    "dossiers_finished": ("dossiers_on_time",),
}
APART = (("teachers", "managers", "technicians"), ("teachers_university", "teachers_college", "teachers_intermediate"))
CROSSED = (
    ("learners", "learners_grade3_up", "learners_with_informatics", "learners_grade3_up_informatics"),
    ("staff", "teachers", "staff_it_certificate", "teachers_it_certificate"),
)
Unknown = tuple[str, UUID, str]
Sum = dict[Unknown, int]
Weights = Mapping[str, int]


def identity(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


def personal(known: Catalogue) -> list[Indicator]:
    return [one for one in known.indicators if known.personal(one)]


@cache
def targets() -> tuple[Weights, ...]:
    """Return everything that counts people: indicators, and what is left over when some are taken from another."""
    found: list[Weights] = [{one.key: 1} for one in personal(catalogue())]
    found += [{whole: 1, part: -1} for whole, parts in PARTS.items() for part in parts]
    for parts in APART:
        whole = next(one for one, inside in PARTS.items() if set(parts) <= set(inside))
        found += [{whole: 1} | dict.fromkeys(some, -1) for size in (2, 3) for some in combinations(parts, size)]
    return (*found, *({whole: 1, one: -1, other: -1, both: 1} for whole, one, other, both in CROSSED))


class Span:
    """All linear combinations of equations, modulo a large prime."""

    def __init__(self) -> None:
        self._pivots: dict[Unknown, Sum] = {}

    def add(self, equation: Sum) -> None:
        rest = self._rest(equation)
        if rest:
            lead = min(rest)
            factor = pow(rest[lead], -1, PRIME)
            self._pivots[lead] = {unknown: value * factor % PRIME for unknown, value in rest.items()}

    def holds(self, equation: Sum) -> bool:
        return not self._rest(equation)

    def _rest(self, equation: Sum) -> Sum:
        rest = {unknown: value % PRIME for unknown, value in equation.items() if value % PRIME}
        while found := rest.keys() & self._pivots.keys():
            pivot = self._pivots[lead := min(found)]
            factor = rest[lead]
            for unknown, value in pivot.items():
                left = (rest.get(unknown, 0) - factor * value) % PRIME
                rest[unknown] = left
                if not left:
                    del rest[unknown]
        return rest


@dataclass(frozen=True)
class Case:
    """A ledger, and what of it a caller is told who may not see people."""

    ledger: Ledger

    @cached_property
    def counts(self) -> Mapping[Unknown, int]:
        """Return what organisations count themselves."""
        found: dict[Unknown, int] = {}
        for tally in self.ledger.tallies:
            column = tally.level or "+".join(sorted(self.ledger.organisations[tally.organisation_id].levels))
            found[tally.measure, tally.organisation_id, column] = tally.count
        return found

    def under(self, root: UUID) -> frozenset[UUID]:
        inside = {root}
        for key, one in self.ledger.organisations.items():  # parents come first
            if one.parent_id in inside:
                inside.add(key)
        return frozenset(inside)

    def sum_of(self, weights: Weights, places: frozenset[UUID], level: str | None) -> Sum:
        """Return a count as a sum of what organisations count themselves."""
        factors: dict[str, int] = {}
        for key, weight in weights.items():
            for name in MADE_OF.get(key, (key,)):
                factors[name] = factors.get(name, 0) + weight
        return {
            unknown: factors[unknown[0]]
            for unknown in self.counts
            if factors.get(unknown[0]) and unknown[1] in places and (level is None or level in unknown[2].split("+"))
        }

    def value(self, equation: Sum) -> int:
        return sum(factor * self.counts[unknown] for unknown, factor in equation.items())

    def told(self) -> Span:
        """Return all equations that the caller can write down; zeros are told."""
        span = Span()
        suppression = Suppression(catalogue(), self.ledger, identity("P"))
        for root in self.ledger.organisations:
            asked = replace(suppression, root=root)
            for one in personal(catalogue()):
                for level in ASKED:
                    if not asked.hides(one, level, None):
                        span.add(self.sum_of({one.key: 1}, self.under(root), level))
                    if not asked.hides(one, level, root):
                        span.add(self.sum_of({one.key: 1}, frozenset({root}), level))
        return span

    def given_away(self) -> Iterator[tuple[Weights, str, str | None, int]]:
        """Yield each small number of people that the caller can work out."""
        span = self.told()
        for weights in targets():
            for place, level in ((place, level) for place in self.ledger.organisations for level in ASKED):
                inside = self.under(place)
                each = [self.sum_of(weights, frozenset({one}), level) for one in inside]
                whole = self.sum_of(weights, inside, level)
                open_ones = [one for one in each if not span.holds(one)]
                left = dict(chain.from_iterable(one.items() for one in open_ones))
                for found in (whole, left, *each):
                    if 0 < self.value(found) < SMALL and span.holds(found):
                        yield weights, self.ledger.organisations[place].code, level, self.value(found)


def some(chance: Random) -> int:
    """Return a number that is often zero or small."""
    return chance.choice((0, chance.randint(1, 6), chance.randint(5, 9), chance.randint(10, 60)))


def among(chance: Random, number: int) -> int:
    """Return how many of a number: often all, all but a few, or few."""
    return max(0, chance.choice((number, number - chance.randint(1, 5), min(number, chance.randint(0, 6)), chance.randint(0, number))))


def staff_of(chance: Random) -> dict[str, int]:
    teachers, managers, technicians, others = some(chance), chance.randint(0, 7), chance.choice((0, some(chance))), chance.randint(0, 7)
    informatics, rest = among(chance, teachers), 0
    rest = informatics - (university := among(chance, informatics))
    rest -= (college := among(chance, rest))
    certified = among(chance, teachers)
    return {
        "staff": teachers + managers + technicians + others,
        "teachers": teachers,
        "managers": managers,
        "technicians": technicians,
        "informatics_teachers": informatics,
        "teachers_university": university,
        "teachers_college": college,
        "teachers_intermediate": among(chance, rest),
        "teachers_it_certificate": certified,
        "staff_it_certificate": certified + among(chance, managers + technicians + others),
        "teachers_using_it": among(chance, teachers),
        "teachers_elearning": among(chance, teachers),
    }


def dossiers_of(chance: Random) -> dict[str, int]:
    dossiers = some(chance)
    finished = among(chance, dossiers)
    online = among(chance, dossiers)
    full = among(chance, online)
    kept = {"dossiers": dossiers, "dossiers_online": online, "dossiers_full_online": full}
    return kept | {"dossiers_finished": finished, "dossiers_on_time": among(chance, finished)}


def learners_of(chance: Random) -> dict[str, int]:
    learners = some(chance)
    upper = among(chance, learners)
    both = among(chance, upper)
    return {
        "learners": learners,
        "learners_in_class": among(chance, learners),
        "learners_grade3_up": upper,
        "learners_grade3_up_informatics": both,
        "learners_with_informatics": both + among(chance, learners - upper),
    }


def ledger(organisations: list[Organisation], tallies: list[Tally]) -> Ledger:
    by_id = {one.organisation_id: one for one in organisations}
    seen = frozenset((key, kind) for key in by_id for kind in SEEN)
    return Ledger(by_id, tallies, seen, identity("P"))


def organisation(name: str, kind: str, parent: str | None = None, levels: tuple[str, ...] = ()) -> Organisation:
    return Organisation(identity(name), name, name, kind, identity(parent) if parent else None, frozenset(levels))


def schools(seed: int) -> Case:
    """Return one or two communes with up to three schools of one or two levels; the province counts dossiers itself."""
    chance = Random(seed)
    made = [organisation("P", "province")]
    for commune in range(chance.randint(1, 2)):
        made.append(organisation(f"C{commune}", "commune", "P"))
        for number in range(chance.randint(1, 3)):
            levels = tuple(chance.sample(LEVELS, chance.randint(1, 2)))
            made.append(organisation(f"S{commune}{number}", "school", f"C{commune}", levels))
    tallies = [Tally(identity("P"), measure, None, count) for measure, count in dossiers_of(chance).items()]
    for school in made:
        if school.kind == "school":
            of_school = staff_of(chance) | dossiers_of(chance)
            tallies += [Tally(school.organisation_id, measure, None, count) for measure, count in of_school.items()]
            for level in sorted(school.levels):
                tallies += [Tally(school.organisation_id, measure, level, count) for measure, count in learners_of(chance).items()]
    return Case(ledger(made, tallies))


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_no_subtraction_gives_a_small_number_of_people_away(seed: int) -> None:
    assert list(schools(seed).given_away()) == []


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_the_oracle_counts_as_the_figures_do(seed: int) -> None:
    case = schools(seed)
    for one in personal(catalogue()):
        for level in ASKED:
            shown = figure(catalogue(), one, case.ledger, level).value()
            assert shown in {None, case.value(case.sum_of({one.key: 1}, case.under(identity("P")), level))}, (one.key, level)


@pytest.mark.parametrize("taken", ["sums", "within"])
def test_the_oracle_finds_what_is_given_away_without_a_declaration(taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue()
    shorn = Catalogue(**{name: getattr(known, name) for name in Catalogue.model_fields if name != taken})
    monkeypatch.setattr("tests.insight.test_subtraction.catalogue", lambda: shorn)
    assert any(list(schools(seed).given_away()) for seed in range(20))


def one_school(**counts: int) -> Suppression:
    made = [organisation("P", "province"), organisation("A", "school", "P", ("primary",))]
    tallies = [Tally(identity("A"), measure, "primary" if measure == "learners" else None, count) for measure, count in counts.items()]
    return Suppression(catalogue(), ledger(made, tallies), identity("A"))


def test_a_whole_does_not_tell_of_the_part_that_is_kept_back() -> None:
    found = one_school(staff=19, teachers=16, managers=3, technicians=0)
    assert {key: found.hides(catalogue().get(key), None, None) for key in ("staff", "teachers", "managers", "technicians", "persons")} == {
        "staff": True,
        "teachers": False,
        "managers": True,
        "technicians": False,
        "persons": True,
    }


def test_a_need_of_all_levels_does_not_tell_of_a_level_that_is_kept_back() -> None:
    """Preschool has no norm, so that the need of all levels is the three pupils' alone."""
    made = [organisation("A", "school", None, ("preschool", "primary"))]
    tallies = [Tally(identity("A"), "learners", level, count) for level, count in (("preschool", 40), ("primary", 3))]
    found = Suppression(catalogue(), ledger(made, tallies), identity("A"))
    assert not found.hides(catalogue().get("learners"), None, None)
    for key in ("computers_needed", "computers_missing"):
        assert found.hides(catalogue().get(key), None, None)
        assert found.hides(catalogue().get(key), None, identity("A"))
    plenty = Suppression(catalogue(), ledger(made, [replace(one, count=40) for one in tallies]), identity("A"))
    assert not plenty.hides(catalogue().get("computers_needed"), None, None)


def test_four_are_kept_back_and_five_are_told() -> None:
    assert one_school(learners=4).hides(catalogue().get("learners"), None, None)
    assert not one_school(learners=5).hides(catalogue().get("learners"), None, None)
    assert SMALL == 5
