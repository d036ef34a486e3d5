"""The staff of Lào Cai's schools: managers and teachers of informatics by level, all other teachers, and the one technician."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import chain, cycle, repeat
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from stack.world import printed
from stack.world.crowd import Crowd
from stack.world.lao_cai_schools import KINDS, PLAN, figures, schools
from stack.world.model import Member
from stack.world.people import DAO, KINH, MONG, TAY
from stack.world.spread import flags, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stack.world.lao_cai_schools import Kind, School

GROUPS = {KINH: 62, MONG: 10, TAY: 18, DAO: 10}
STAFF_SERIES = 9
BORN_FROM, BORN_DAYS = date(1963, 1, 1), 30 * 365
AGE_AT_START = 24
FIRST_YEAR = 2011
TERM_BEGINS = (8, 15)
CERTIFIED_FROM, CERTIFIED_DAYS = date(2012, 1, 2), 2200
"""Certificates are issued until 2018-01: before the plan's day."""
DEGREES = ("university", "university", "college", "university", "college", "intermediate")
SUBJECTS: Mapping[str, tuple[str | None, ...]] = {
    "preschool": (None,),
    "primary": (None,),
    "lower_secondary": ("literature", "mathematics", "foreign_language", "natural_science", "history_geography"),
    "upper_secondary": ("literature", "mathematics", "foreign_language", "physics", "chemistry", "biology", "history", "geography"),
    "continuing": ("literature", "mathematics", "history", "geography"),
}


class Post(NamedTuple):
    """A post to be filled."""

    school: School
    role: str
    subject: str | None
    degree: str
    uses_it: bool
    makes_elearning: bool


def totals() -> Mapping[str, int]:
    """Return what the plan prints of the whole province."""
    found: Mapping[str, int] = printed.facts(PLAN)["totals"]["printed"]
    return found


def count() -> int:
    """Return how many members of staff there are."""
    return len(posts())


def members(seed: int) -> Iterator[Member]:
    """Yield everybody, school by school within a role."""
    random = Random(f"staff {seed}")
    crowd = Crowd(random, "10", GROUPS, STAFF_SERIES)
    for post in posts():
        person = crowd.make(BORN_FROM, BORN_DAYS)
        certified = CERTIFIED_FROM + timedelta(days=random.randrange(CERTIFIED_DAYS)) if post.uses_it else None
        yield Member(
            person=person,
            school_code=post.school.code,
            role=post.role,
            started_on=date(max(person.birth_date.year + AGE_AT_START, FIRST_YEAR), *TERM_BEGINS),
            subject=post.subject,
            degree=post.degree,
            uses_it=post.uses_it,
            makes_elearning=post.makes_elearning,
            it_certificate_on=certified,
        )


@cache
def posts() -> tuple[Post, ...]:
    """Return every post: managers, teachers, technician."""
    return (*_managers(), *_teachers(), _technician())


def _managers() -> Iterator[Post]:
    """A school has one principal; the other managers are vice principals."""
    for school in schools():
        for place in range(school.managers):
            yield Post(school, "vice_principal" if place else "principal", None, "university", uses_it=True, makes_elearning=False)


def _teachers() -> Iterator[Post]:
    """Teachers of informatics all use IT; of the others as many as the plan leaves, evenly, and so with e-learning."""
    numbers = totals()
    special = list(_informatics())
    others = list(_others(numbers["teachers"] - len(special)))
    using = chain((True for _ in special), flags(len(others), numbers["teachers_using_it"] - len(special)))
    making = flags(numbers["teachers_using_it"], numbers["teachers_elearning"])
    for (school, subject, degree), uses in zip([*special, *others], using, strict=True):
        yield Post(school, "teacher", subject, degree, uses_it=uses, makes_elearning=uses and next(making))


def _informatics() -> Iterator[tuple[School, str | None, str]]:
    for kind in KINDS:
        yield from _informatics_at(kind)


def _informatics_at(kind: Kind) -> Iterator[tuple[School, str | None, str]]:
    """Yield a level's teachers of informatics with the degrees that the plan prints, at as many schools as it misses none."""
    numbers = figures(kind.level)
    ours = [school for school in schools() if school.level == kind.level]
    teaching = sorted((school for school in ours if school.informatics), key=lambda school: -school.informatics)
    if missing := numbers.get("teachers_missing"):
        teaching = teaching[: len(ours) - missing]
    total = numbers["informatics_teachers"]
    shares = spread(total, [school.informatics for school in teaching], 1 if total else 0)
    held = chain.from_iterable(repeat(degree, numbers.get(f"teachers_{degree}", 0)) for degree in ("university", "college", "intermediate"))
    for school, share in zip(teaching, shares, strict=True):
        for _ in range(share):
            yield school, "informatics", next(held)


def _others(total: int) -> Iterator[tuple[School, str | None, str]]:
    every = schools()
    degrees = cycle(DEGREES)
    subjects = {level: cycle(names) for level, names in SUBJECTS.items()}
    for school, share in zip(every, spread(total, [school.classes for school in every], 2), strict=True):
        for _ in range(share):
            yield school, next(subjects[school.level]), next(degrees)


def _technician() -> Post:
    """The plan's one technician works at an upper secondary school; a college graduate, as its sum of graduates suggests."""
    school = next(school for school in schools() if school.level == "upper_secondary")
    return Post(school, "technician", None, "college", uses_it=True, makes_elearning=False)
