"""World `phong-dong`: the school of plan 25/KH (2017-11-12) with its communes, province and a neighbouring school.

The plan fixes sites, classes, staff, learners, informatics and certificates (data/school-phong-dong-2017.yaml); the split over grades, the
neighbour and every person are made up. Administrative codes are given where the 2025 list has them; the commune's own code stays empty:
that Phong Đông became part of Vĩnh Phong rests on one source.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import TYPE_CHECKING

from stack.world import cohorts, phong_dong_assets, workforce
from stack.world.cohorts import Cohorts, GradePlan, SchoolPlan
from stack.world.model import LOWER_SECONDARY, PRIMARY, Guardian, Homeroom, Learner, Member, Merge, OrganisationVersion, SchoolYear, World
from stack.world.people import HOA, KHMER, KINH, People
from stack.world.workforce import StaffPlan

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "phong-dong"
PLAN = "school-phong-dong-2017"
SCHOOL = "PHONG-DONG"
NEIGHBOUR = "VINH-PHONG"
COMMUNE = "AG-VP"
PROVINCE = "AG"
DAYS = {"2016": date(2016, 12, 31), "2017": date(2017, 11, 12)}
"""The day each printed year speaks of: the end of 2016, and the day of the plan itself."""

SEED = 20171112
PROVINCE_AT_BIRTH = "91"
GROUPS = {KINH: 86, KHMER: 12, HOA: 2}
FOUNDED = date(2010, 1, 1)
TWO_TIERS = date(2025, 7, 1)
SITE_CLOSED = date(2017, 7, 1)
STAFF_CHANGE = date(2017, 8, 15)
BASIS = "Nghị quyết 202/2025/QH15"

YEARS = (SchoolYear("2016-2017", date(2016, 8, 22), date(2017, 5, 31)), SchoolYear("2017-2018", date(2017, 8, 21), date(2018, 5, 31)))
CLASSES = (4, 4, 4, 4, 4, 3, 3, 2, 2)
SIZES = {"2016-2017": (98, 93, 90, 88, 85, 60, 54, 50, 50), "2017-2018": (107, 96, 91, 88, 86, 64, 58, 48, 46)}
"""The plan prints 684 learners of 2017 and, elsewhere, 468 of primary grades beside 246 of secondary ones: 468 and 684 hold here."""
INFORMATICS = {"2016-2017": {9: {0, 1}}, "2017-2018": {6: {0}, 9: {0, 1}}}
NEIGHBOUR_SIZES = {"2016-2017": (24, 24, 25, 23, 22, 24, 22, 20, 19), "2017-2018": (21, 25, 25, 26, 23, 24, 24, 22, 20)}

SITES = {
    "S1": "Điểm chính",
    "S2": "Điểm lẻ Cạnh Đền",
    "S3": "Điểm lẻ Kênh Thủy Lợi",
    "S4": "Điểm lẻ Ruộng Sạ",
    "S5": "Điểm lẻ Kênh Năm",
}
CLOSED_SITE = "S5"
ROLES = {"principal": 1, "vice_principal": 2, "teacher": 38, "technician": 1, "clerk": 2, "librarian": 1, "other": 1}
NEIGHBOUR_ROLES = {"principal": 1, "vice_principal": 1, "teacher": 14, "clerk": 1, "librarian": 1}
GUARDED = 3
"""Children of the demonstration parent: learners of the open year."""


def build(seed: int = SEED) -> World:
    """Return the world; the same seed gives the same rows."""
    people = People(Random(seed), PROVINCE_AT_BIRTH, GROUPS)
    classes, learners = Cohorts(people, YEARS, (_school(), _neighbour())).run()
    staff = workforce.build(people, _staff(SCHOOL, ROLES, (36, 40), 1)) + workforce.build(
        people, _staff(NEIGHBOUR, NEIGHBOUR_ROLES, (9, 11), 1)
    )
    return World(
        name=NAME,
        plan=PLAN,
        subject_code=SCHOOL,
        organisations=organisations(),
        merges=(Merge("AG-PD", COMMUNE, TWO_TIERS),),
        school_years=YEARS,
        classes=classes,
        staff=staff,
        learners=learners,
        guardians=_guardians(people, learners),
        homerooms=_homerooms(staff),
        assets=phong_dong_assets.assets(SCHOOL, NEIGHBOUR),
        offers=phong_dong_assets.offers(SCHOOL, NEIGHBOUR),
    )


def organisations() -> tuple[OrganisationVersion, ...]:
    """Return the tree in order of time, parents first: Kiên Giang became part of An Giang, Phong Đông part of Vĩnh Phong on 2025-07-01."""
    levels = (PRIMARY, LOWER_SECONDARY)
    school = "Trường Tiểu học và Trung học cơ sở Phong Đông"
    sites = tuple(
        OrganisationVersion(f"{SCHOOL}-{key}", name, "site", FOUNDED, SCHOOL, SITE_CLOSED if key == CLOSED_SITE else None)
        for key, name in SITES.items()
    )
    return (
        OrganisationVersion(PROVINCE, "Tỉnh Kiên Giang", "province", FOUNDED, administrative_unit_code="91"),
        OrganisationVersion(COMMUNE, "Xã Vĩnh Phong", "commune", FOUNDED, PROVINCE),
        OrganisationVersion("AG-PD", "Xã Phong Đông", "commune", FOUNDED, PROVINCE),
        OrganisationVersion(SCHOOL, school, "school", FOUNDED, "AG-PD", None, levels, "public", has_website=False),
        OrganisationVersion(
            NEIGHBOUR, "Trường Tiểu học và Trung học cơ sở Vĩnh Phong", "school", FOUNDED, COMMUNE, None, levels, "public", has_website=True
        ),
        *sites,
        OrganisationVersion(PROVINCE, "Tỉnh An Giang", "province", TWO_TIERS, administrative_unit_code="91", legal_basis=BASIS),
        OrganisationVersion(SCHOOL, school, "school", TWO_TIERS, COMMUNE, None, levels, "public", has_website=False, legal_basis=BASIS),
    )


def _school() -> SchoolPlan:
    open_sites = [f"{SCHOOL}-{key}" for key in SITES]
    return SchoolPlan(
        code=SCHOOL,
        grades={
            year: {
                grade: GradePlan(size, CLASSES[grade - 1], frozenset(INFORMATICS[year].get(grade, ())))
                for grade, size in enumerate(sizes, start=1)
            }
            for year, sizes in SIZES.items()
        },
        sites={"2016-2017": open_sites, "2017-2018": [code for code in open_sites if not code.endswith(CLOSED_SITE)]},
        moves_to=NEIGHBOUR,
        movers=3,
    )


def _neighbour() -> SchoolPlan:
    return SchoolPlan(
        code=NEIGHBOUR,
        grades={year: {grade: GradePlan(size, 1) for grade, size in enumerate(sizes, start=1)} for year, sizes in NEIGHBOUR_SIZES.items()},
    )


def _staff(code: str, roles: dict[str, int], certified: tuple[int, int], informatics: int) -> StaffPlan:
    return StaffPlan(code, roles, (DAYS["2016"], DAYS["2017"]), certified, 2, STAFF_CHANGE, informatics)


def open_learners(learners: Iterable[Learner], school_code: str) -> list[Learner]:
    """Return the learners whose last spell is at the school and still open."""
    return [learner for learner in learners if learner.spells[-1].left_on is None and learner.spells[-1].school_code == school_code]


def _guardians(people: People, learners: tuple[Learner, ...]) -> tuple[Guardian, ...]:
    """One parent with several children: the story of a transfer takes another child each time."""
    adult = people.make("8", date(1975, 1, 1), date(1986, 1, 1))
    relation = "father" if adult.sex == 1 else "mother"
    children = open_learners(learners, SCHOOL)[:GUARDED]
    return tuple(
        Guardian(adult.full_name, adult.personal_number, adult.birth_date, adult.sex, child.person.ministry_code, relation)
        for child in children
    )


def _homerooms(staff: tuple[Member, ...]) -> tuple[Homeroom, ...]:
    """The informatics teacher leads class 9A: the demonstration teacher sees these learners and no others."""
    teacher = next(member for member in staff if member.school_code == SCHOOL and member.subject == "informatics")
    return (Homeroom(SCHOOL, YEARS[-1].code, cohorts.class_name(9, 0), teacher.person.ministry_code),)
