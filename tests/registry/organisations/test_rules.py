"""The dated tree's pure rules."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.organisations import rules
from services.registry.organisations.rules import Facts, LaterVersionsError, NotInForceError, OrganisationKind, Version

SCHOOL, COMMUNE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def facts(name: str = "A", parent: UUID | None = COMMUNE) -> Facts:
    return Facts(code="S1", name=name, kind=OrganisationKind.SCHOOL, parent_id=parent)


def version(first: int, last: int | None, name: str = "A", path: str = "", parent: UUID | None = COMMUNE) -> Version:
    return Version(date(first, 1, 1), date(last, 1, 1) if last else None, facts(name, parent), path)


def test_a_change_cuts_the_version_in_force() -> None:
    changed = rules.change([version(2010, None)], date(2020, 1, 1), facts("B"))
    assert [(v.valid_from.year, v.valid_to and v.valid_to.year, v.facts.name) for v in changed] == [(2010, 2020, "A"), (2020, None, "B")]


def test_a_change_on_the_first_day_corrects_in_place() -> None:
    assert rules.change([version(2010, None)], date(2010, 1, 1), facts("B")) == [version(2010, None, "B")]


def test_a_change_ends_where_the_next_version_begins() -> None:
    changed = rules.change([version(2010, 2020), version(2020, None, "C")], date(2015, 1, 1), facts("B"))
    assert [v.facts.name for v in changed] == ["A", "B", "C"]
    assert changed[1].valid_to == date(2020, 1, 1)


@pytest.mark.parametrize("on", [date(2009, 12, 31), date(2020, 1, 1)])
def test_nothing_changes_outside_the_life_of_an_organisation(on: date) -> None:
    with pytest.raises(NotInForceError):
        rules.change([version(2010, 2020)], on, facts("B"))


def test_closing_ends_the_last_version() -> None:
    assert rules.close([version(2010, None)], date(2025, 7, 1))[-1].valid_to == date(2025, 7, 1)


def test_closing_keeps_later_versions_from_being_lost() -> None:
    with pytest.raises(LaterVersionsError):
        rules.close([version(2010, 2020), version(2020, None, "B")], date(2015, 1, 1))


def test_closing_on_the_first_day_leaves_nothing_to_keep() -> None:
    with pytest.raises(NotInForceError):
        rules.close([version(2010, None)], date(2010, 1, 1))


def test_a_version_is_cut_where_the_parents_place_changes() -> None:
    parent = [version(2000, 2015, path="p.c"), version(2015, None, path="q.c")]
    pieces = rules.along(parent, version(2010, None), SCHOOL)
    assert [(v.valid_from.year, v.path) for v in pieces] == [(2010, "p.c." + SCHOOL.hex), (2015, "q.c." + SCHOOL.hex)]


def test_a_version_is_not_cut_where_only_the_parents_name_changes() -> None:
    parent = [version(2000, 2015, path="p.c"), version(2015, None, "B", path="p.c")]
    assert len(rules.along(parent, version(2010, None), SCHOOL)) == 1


@pytest.mark.parametrize(
    "parent",
    [
        [],
        [version(2011, None, path="p")],
        [version(2000, 2020, path="p")],
        [version(2000, 2012, path="p"), version(2013, None, path="p")],
    ],
    ids=["absent", "too late", "too short", "with a gap"],
)
def test_a_parent_covers_the_whole_period(parent: list[Version]) -> None:
    with pytest.raises(NotInForceError):
        rules.along(parent, version(2010, None), SCHOOL)


def test_a_subtree_follows_its_root() -> None:
    above = {OTHER: [version(2000, None, path="z")]}
    own = {COMMUNE: [version(2000, None, parent=OTHER)], SCHOOL: [version(2010, None)]}
    planted = rules.replant(own, above)
    assert planted[SCHOOL][0].path == f"z.{COMMUNE.hex}.{SCHOOL.hex}"


@given(st.lists(st.integers(2000, 2030), min_size=2, max_size=6, unique=True), st.integers(2001, 2029))
def test_timelines_never_overlap_and_keep_their_ends(years: list[int], on: int) -> None:
    ordered = sorted(years)
    timeline = [version(one, other, str(one)) for one, other in pairwise(ordered)]
    try:
        changed = rules.change(timeline, date(on, 1, 1), facts("new"))
    except NotInForceError:
        assert not ordered[0] <= on < ordered[-1]
        return
    assert all(one.valid_to == other.valid_from for one, other in pairwise(changed))
    assert (changed[0].valid_from.year, changed[-1].valid_to) == (ordered[0], date(ordered[-1], 1, 1))
    current = rules.at(changed, date(on, 1, 1))
    assert current is not None
    assert current.facts.name == "new"


def test_joining_undoes_cuts() -> None:
    whole = version(2010, None)
    cut = [replace(whole, valid_to=date(2015, 1, 1), path="a"), replace(whole, valid_from=date(2015, 1, 1), path="b")]
    assert rules.joined(cut)[0].valid_to is None


def test_attributes_belong_to_kinds() -> None:
    assert rules.attribute_faults(OrganisationKind.SITE, {"main_site": True, "has_website": True}) == ["has_website"]
