"""World `lao-cai`: every school, class, learner and member of staff behind plan 157/KH-UBND (2018-05-07) of Lào Cai province.

The plan fixes the sums (data/province-lao-cai-2018.yaml); how they fall on schools, and every person, is made up. Learners are made while
they are written and never kept.
"""

from __future__ import annotations

from datetime import date
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from stack.world import lao_cai_assets, lao_cai_office, lao_cai_staff, lao_cai_tree
from stack.world.crowd import Crowd
from stack.world.lao_cai_schools import PLAN, YEAR, rooms, schools
from stack.world.model import Guardian, Homeroom, Learner, SchoolYear, Spell, Streamed, World
from stack.world.people import DAO, KINH, MONG, TAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stack.world.lao_cai_schools import Room

NAME = "lao-cai"
SUBJECT = lao_cai_tree.PROVINCE
SEED = 20180507
PROVINCE_AT_BIRTH = "10"
GROUPS = {KINH: 37, MONG: 25, TAY: 18, DAO: 20}
LEARNER_SERIES, GUARDIAN_SERIES = 1, 8
ENROLLED = date(2017, 8, 21)
YEARS = (SchoolYear(YEAR, ENROLLED, date(2018, 5, 31)),)
DAYS_OF_YEAR = 365
SCHOOL, NEIGHBOUR = "LC-TH-001", "LC-TH-002"
"""Two schools of one town: the demonstration parent's child goes to the first."""
GUARDED = 3
ACCOUNTS = "lc-"


def build(seed: int = SEED) -> World:
    """Return the world; the same seed gives the same rows."""
    return World(
        name=NAME,
        plan=PLAN,
        subject_code=SUBJECT,
        organisations=lao_cai_tree.organisations(school.version() for school in schools()),
        merges=lao_cai_tree.merges(),
        closures=lao_cai_tree.closures(),
        school_years=YEARS,
        classes=tuple(room.school_class for room in rooms()),
        staff=Streamed(lambda: lao_cai_staff.members(seed), lao_cai_staff.count()),
        learners=Streamed(lambda: learners(seed), sum(room.learners for room in rooms())),
        guardians=_guardians(seed),
        homerooms=_homerooms(seed),
        assets=lao_cai_assets.assets(),
        offers=lao_cai_office.offers(),
        documents=lao_cai_office.documents(),
        accounts=ACCOUNTS,
    )


def learners(seed: int = SEED) -> Iterator[Learner]:
    """Yield every learner, class by class."""
    crowd = Crowd(Random(seed), PROVINCE_AT_BIRTH, GROUPS, LEARNER_SERIES)
    for room in rooms():
        one = room.school_class
        spell = Spell(one.school_code, YEAR, one.name, one.grade, one.level, one.studies_informatics, ENROLLED)
        first_day = date(_year_of_birth(room), 1, 1)
        for _ in range(room.learners):
            yield Learner(crowd.make(first_day, DAYS_OF_YEAR), (spell,))


def _year_of_birth(room: Room) -> int:
    """Return the usual year: six years old in grade 1; the name of a preschool class begins with its age; adults learn on later."""
    one = room.school_class
    if one.grade is None:
        return ENROLLED.year - int(one.name[0])
    later = 3 if one.level == "continuing" else 0
    return ENROLLED.year - one.grade - 5 - later


def _guardians(seed: int) -> tuple[Guardian, ...]:
    """Return a parent of the first learners of the demonstration school: one person with several children there."""
    before = 0
    for room in rooms():
        if room.school_class.school_code == SCHOOL:
            break
        before += room.learners
    codes = Crowd(Random(seed), PROVINCE_AT_BIRTH, GROUPS, LEARNER_SERIES)
    adult = Crowd(Random(seed), PROVINCE_AT_BIRTH, GROUPS, GUARDIAN_SERIES).make(date(1978, 1, 1), 10 * DAYS_OF_YEAR)
    relation = "father" if adult.sex == 1 else "mother"
    return tuple(
        Guardian(adult.full_name, adult.personal_number, adult.birth_date, adult.sex, codes.code(before + place + 1), relation)
        for place in range(GUARDED)
    )


def _homerooms(seed: int) -> tuple[Homeroom, ...]:
    """The first teacher of the demonstration school leads its first class."""
    teachers = (member for member in lao_cai_staff.members(seed) if member.school_code == SCHOOL and member.role == "teacher")
    first = next(room.school_class for room in rooms() if room.school_class.school_code == SCHOOL)
    return tuple(Homeroom(SCHOOL, YEAR, first.name, teacher.person.ministry_code) for teacher in islice(teachers, 1))
