"""The world phong-dong holds every figure its plan prints, and nothing that could not be true."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from stack.world import catalogue, cohorts, count, phong_dong, printed
from stack.world.model import World, holds, spells_on
from stack.world.phong_dong import DAYS, NEIGHBOUR, SCHOOL


@pytest.fixture(scope="module")
def world() -> World:
    return phong_dong.build()


def test_every_printed_figure_of_the_registry_is_there(world: World) -> None:
    counted = {
        f"{year}.{indicator}": value for year, day in DAYS.items() for indicator, value in count.school_on(world, SCHOOL, day).items()
    }
    expected = {figure: value for figure, value in printed.figures(world.plan).items() if figure in counted}
    assert len(expected) == len(counted) == 14
    assert counted == expected


def test_same_seed_same_world(world: World) -> None:
    assert phong_dong.build() == world
    assert phong_dong.build(seed=1) != world


def test_another_seed_keeps_the_figures() -> None:
    other = phong_dong.build(seed=7)
    assert count.school_on(other, SCHOOL, DAYS["2017"])["learners"] == 684
    assert count.school_on(other, SCHOOL, DAYS["2017"])["staff_it_certificate"] == 40


def test_no_learner_is_in_two_places(world: World) -> None:
    for learner in world.learners:
        for earlier, later in pairwise(learner.spells):
            assert earlier.left_on is not None
            assert earlier.enrolled_on < earlier.left_on <= later.enrolled_on


def test_the_last_year_stays_open(world: World) -> None:
    today = spells_on(world.learners, SCHOOL, DAYS["2017"].replace(year=2030))
    assert len(today) == 684
    assert {spell.school_year for spell in today} == {"2017-2018"}


def test_learners_are_promoted_leave_and_arrive(world: World) -> None:
    both = [learner for learner in world.learners if len(learner.spells) == 2]
    assert all((later.grade or 0) == (earlier.grade or 0) + 1 for learner in both for earlier, later in pairwise(learner.spells))
    moved = [learner for learner in both if (learner.spells[0].school_code, learner.spells[1].school_code) == (SCHOOL, NEIGHBOUR)]
    assert len(moved) == 3
    left = [learner for learner in world.learners if learner.spells[-1].left_on is not None]
    assert len({learner.spells[-1].left_on for learner in left}) == 2
    assert any(len(learner.spells) == 1 and learner.spells[0].school_year == "2017-2018" for learner in world.learners)


def test_every_spell_names_a_class_that_exists_with_the_same_facts(world: World) -> None:
    rooms = {(room.school_code, room.school_year, room.name): room for room in world.classes}
    assert len(rooms) == len(world.classes)
    for learner in world.learners:
        for spell in learner.spells:
            room = rooms[spell.school_code, spell.school_year, spell.class_name]
            assert (room.grade, room.level, room.studies_informatics) == (spell.grade, spell.level, spell.studies_informatics)


def test_classes_are_of_sensible_size_and_at_open_sites(world: World) -> None:
    sizes = Counter((spell.school_code, spell.school_year, spell.class_name) for learner in world.learners for spell in learner.spells)
    assert set(sizes) == {(room.school_code, room.school_year, room.name) for room in world.classes}
    assert min(sizes.values()) >= 18
    assert max(sizes.values()) <= 35
    starts = {year.code: year.starts_on for year in world.school_years}
    sites = {version.code: version for version in world.organisations if version.kind == "site"}
    for room in world.classes:
        if room.site_code:
            assert holds(sites[room.site_code].valid_from, sites[room.site_code].valid_to, starts[room.school_year])


def test_codes_are_unique_and_well_formed(world: World) -> None:
    people = [learner.person for learner in world.learners] + [member.person for member in world.staff]
    numbers = [person.personal_number for person in people] + list({guardian.personal_number for guardian in world.guardians})
    assert len(set(numbers)) == len(numbers)
    assert len({person.ministry_code for person in people}) == len(people)
    for person in people:
        assert len(person.ministry_code) == 10
        assert person.ministry_code.isdecimal()
        century, female = divmod(int(person.personal_number[3]), 2)
        assert 1900 + 100 * century + int(person.personal_number[4:6]) == person.birth_date.year
        assert (person.sex == 2) == bool(female)


def test_ages_fit_grades(world: World) -> None:
    for learner in world.learners:
        first = learner.spells[0]
        age = first.enrolled_on.year - learner.person.birth_date.year
        assert age - (first.grade or 0) in {5, 6}


def test_posts_and_spells_lie_within_the_life_of_their_organisation(world: World) -> None:
    opened = {version.code: version.valid_from for version in reversed(world.organisations)}
    assert all(opened[member.school_code] <= member.started_on for member in world.staff)
    assert all(opened[spell.school_code] <= spell.enrolled_on for learner in world.learners for spell in learner.spells)


def test_parents_come_before_their_children_and_exist_all_the_time(world: World) -> None:
    seen: set[str] = set()
    for version in world.organisations:
        assert version.parent_code is None or version.parent_code in seen
        seen.add(version.code)
    merged = {merge.code for merge in world.merges}
    last = {version.code: version for version in world.organisations}
    assert not [version for version in last.values() if version.parent_code in merged]


def test_the_demonstration_relations_point_at_open_records(world: World) -> None:
    here = {learner.person.ministry_code for learner in phong_dong.open_learners(world.learners, SCHOOL)}
    assert {guardian.learner_code for guardian in world.guardians} <= here
    codes = {member.person.ministry_code for member in world.staff if member.ended_on is None}
    rooms = {(room.school_code, room.school_year, room.name) for room in world.classes}
    for homeroom in world.homerooms:
        assert homeroom.teacher_code in codes
        assert (homeroom.school_code, homeroom.school_year, homeroom.class_name) in rooms


def test_worlds_are_found_by_name(world: World) -> None:
    assert catalogue.build("phong-dong") == world
    with pytest.raises(catalogue.UnknownWorldError, match="known: lao-cai, phong-dong"):
        catalogue.build("atlantis")


@pytest.mark.parametrize(("total", "parts", "sizes"), [(98, 4, [25, 25, 24, 24]), (50, 2, [25, 25]), (3, 1, [3])])
def test_split_is_even_with_larger_parts_first(total: int, parts: int, sizes: list[int]) -> None:
    assert cohorts.split(total, parts) == sizes
