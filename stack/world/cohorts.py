"""Learners through school years: promoted, leaving, new, and moving between schools, so that every size of a plan is met exactly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from stack.world.model import Learner, Person, SchoolClass, SchoolYear, Spell, level_of
from stack.world.people import born_for_grade

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stack.world.people import People

LEARNER_SERIES = "1"
MIDWINTER = (2, 20)
"""Day in the second term on which the first of a year's leavers go: after 31 December, so that a count at the year's end holds them."""
LEAVING_SHARE = 0.02
MID_YEAR_LEAVERS = 3


@dataclass(frozen=True, slots=True)
class GradePlan:
    """One grade of one school in one year: learners, the classes they fill, and which classes (by position) study informatics."""

    learners: int
    classes: int
    informatics: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """Grades of one school by school year; `sites` by school year, the main one first; `moves_to` takes some of the leavers."""

    code: str
    grades: Mapping[str, Mapping[int, GradePlan]]
    sites: Mapping[str, Sequence[str]] = field(default_factory=dict)
    moves_to: str | None = None
    movers: int = 0


@dataclass(slots=True)
class Pupil:
    """A learner in the making."""

    person: Person
    spells: list[Spell] = field(default_factory=list)

    def end(self, on: date) -> None:
        """Close the last spell on a day (exclusive)."""
        last = self.spells[-1]
        self.spells[-1] = Spell(
            last.school_code, last.school_year, last.class_name, last.grade, last.level, last.studies_informatics, last.enrolled_on, on
        )


def split(total: int, parts: int) -> list[int]:
    """Return `parts` sizes that differ by one at most, larger ones first."""
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]


def class_name(grade: int, index: int) -> str:
    """Return `9A`, `9B`, and so on."""
    return f"{grade}{chr(ord('A') + index)}"


@dataclass(slots=True)
class Cohorts:
    """Carries all schools of a world from year to year."""

    people: People
    years: Sequence[SchoolYear]
    schools: Sequence[SchoolPlan]
    classes: list[SchoolClass] = field(default_factory=list)
    pupils: list[Pupil] = field(default_factory=list)
    seats: dict[tuple[str, int], list[Pupil]] = field(default_factory=dict)

    def run(self) -> tuple[tuple[SchoolClass, ...], tuple[Learner, ...]]:
        """Return every class and every learner of all years."""
        for index, year in enumerate(self.years):
            arriving = self._promote(self.years[index - 1], year) if index else {}
            for school in self.schools:
                for grade, plan in school.grades[year.code].items():
                    self._fill(school, year, grade, plan, arriving.get((school.code, grade), []))
        return tuple(self.classes), tuple(Learner(pupil.person, tuple(pupil.spells)) for pupil in self.pupils)

    def _promote(self, past: SchoolYear, year: SchoolYear) -> dict[tuple[str, int], list[Pupil]]:
        """End every spell of the past year; return who sits in which grade of which school next."""
        staying: dict[tuple[str, int], list[Pupil]] = {}
        moving: dict[tuple[str, int], list[Pupil]] = defaultdict(list)
        for school in self.schools:
            left = 0
            for grade in school.grades[past.code]:
                pupils = self.seats[school.code, grade]
                target = school.grades[year.code].get(grade + 1)
                stays = min(target.learners, len(pupils) - round(len(pupils) * LEAVING_SHARE)) if target else 0
                leavers = self.people.random.sample(pupils, len(pupils) - stays)
                gone = {id(pupil) for pupil in leavers}
                staying[school.code, grade + 1] = [pupil for pupil in pupils if id(pupil) not in gone]
                movers = leavers[:1] if target and school.moves_to and left < school.movers else []
                left += len(movers)
                if school.moves_to:
                    moving[school.moves_to, grade + 1] += movers
                self._part(leavers[len(movers) :], movers, past, final=target is None)
        for pupils in staying.values():
            for pupil in pupils:
                pupil.end(year.starts_on)
        return {key: pupils + moving.pop(key, []) for key, pupils in staying.items()} | dict(moving)

    def _part(self, leavers: Sequence[Pupil], movers: Sequence[Pupil], past: SchoolYear, *, final: bool) -> None:
        """End the spells of those who go: a few in the second term, the others and all who finish with the year."""
        ending = date.fromordinal(past.ends_on.toordinal() + 1)
        early = 0 if final else len(leavers) // MID_YEAR_LEAVERS
        for index, pupil in enumerate([*leavers, *movers]):
            pupil.end(date(past.ends_on.year, *MIDWINTER) if index < early else ending)

    def _fill(self, school: SchoolPlan, year: SchoolYear, grade: int, plan: GradePlan, arriving: Sequence[Pupil]) -> None:
        """Open the classes of a grade and seat the arriving learners and as many new ones as the plan needs."""
        if len(arriving) > plan.learners:
            message = f"{school.code}: {len(arriving)} learners arrive for {plan.learners} seats of grade {grade}"
            raise ValueError(message)
        pupils = list(arriving)
        while len(pupils) < plan.learners:
            born = born_for_grade(self.people.random, grade, year.starts_on.year)
            pupils.append(Pupil(self.people.make(LEARNER_SERIES, *born)))
            self.pupils.append(pupils[-1])
        self.seats[school.code, grade] = pupils
        sites = school.sites.get(year.code, ())
        start = 0
        for index, size in enumerate(split(plan.learners, plan.classes)):
            site = sites[index % len(sites)] if sites and level_of(grade) == "primary" else next(iter(sites), None)
            room = SchoolClass(school.code, year.code, class_name(grade, index), grade, level_of(grade), index in plan.informatics, site)
            self.classes.append(room)
            for pupil in pupils[start : start + size]:
                pupil.spells.append(
                    Spell(room.school_code, year.code, room.name, grade, room.level, room.studies_informatics, year.starts_on)
                )
            start += size
