"""Staff of a school: posts by role, a few replaced between two years, IT certificates with dates of issue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from stack.world.model import FEMALE, Member

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from stack.world.people import People

STAFF_SERIES = "9"
DEGREES = {"university": 60, "college": 34, "intermediate": 6}
ELEARNING_SHARE = 0.3
ALWAYS_GRADUATES = frozenset({"principal", "vice_principal"})
OLDEST, YOUNGEST = 1962, 1993
AGE_AT_START = 23
FEMALE_SHARE = 0.6
FIRST_CERTIFICATES = date(2010, 1, 4)


@dataclass(frozen=True, slots=True)
class StaffPlan:
    """Posts of one school by role; `certified` holders on each of the two days; `replaced` teachers go between them."""

    school_code: str
    roles: Mapping[str, int]
    days: tuple[date, date]
    certified: tuple[int, int]
    replaced: int
    change_on: date
    informatics_teachers: int = 0
    earliest_start: int = 2010


def build(people: People, plan: StaffPlan) -> tuple[Member, ...]:
    """Return all members, leavers and successors included."""
    first = [_hire(people, plan, role, index) for role, count in plan.roles.items() for index in range(count)]
    teachers = [index for index, member in enumerate(first) if member.role == "teacher"]
    going = teachers[len(teachers) - plan.replaced :]
    successors = [replace(_hire(people, plan, "teacher", plan.roles["teacher"]), started_on=plan.change_on) for _ in going]
    staying = [member for index, member in enumerate(first) if index not in going]
    leavers = [replace(first[index], ended_on=plan.change_on) for index in going]
    return tuple(_certify(people.random, plan, staying, leavers, successors))


def _hire(people: People, plan: StaffPlan, role: str, index: int) -> Member:
    random = people.random
    sex = FEMALE if random.random() < FEMALE_SHARE else None
    person = people.make(STAFF_SERIES, date(OLDEST, 1, 1), date(YOUNGEST, 1, 1), sex)
    graduate = role in ALWAYS_GRADUATES
    return Member(
        person=person,
        school_code=plan.school_code,
        role=role,
        started_on=date(max(person.birth_date.year + AGE_AT_START, plan.earliest_start), 8, 15),
        subject="informatics" if role == "teacher" and index < plan.informatics_teachers else None,
        degree="university" if graduate else random.choices(tuple(DEGREES), tuple(DEGREES.values()))[0],
    )


def _certify(random: Random, plan: StaffPlan, staying: list[Member], leavers: list[Member], successors: list[Member]) -> list[Member]:
    """Give certificates so that exactly `certified` members hold one on each of the two days."""
    early_leavers = leavers[: len(leavers) // 2]
    early_successors = successors[: len(successors) // 2]
    before = plan.certified[0] - len(early_leavers)
    between = plan.certified[1] - before - len(early_successors)
    order = [0, *random.sample(range(1, len(staying)), before + between - 1)]
    issued = {id(member): _between(random, FIRST_CERTIFICATES, plan.days[0]) for member in [*early_leavers, *early_successors]}
    for position, index in enumerate(order):
        early = position < before
        issued[id(staying[index])] = _between(
            random, FIRST_CERTIFICATES if early else plan.days[0], plan.days[0] if early else plan.days[1]
        )
    return [_skilled(random, member, issued.get(id(member))) for member in [*staying, *leavers, *successors]]


def _between(random: Random, after: date, until: date) -> date:
    """Return a day in `(after, until]`."""
    return after + timedelta(days=random.randrange((until - after).days) + 1)


def _skilled(random: Random, member: Member, issued: date | None) -> Member:
    teaches = member.role == "teacher"
    return replace(
        member,
        it_certificate_on=issued,
        uses_it=issued is not None,
        makes_elearning=teaches and issued is not None and random.random() < ELEARNING_SHARE,
    )
