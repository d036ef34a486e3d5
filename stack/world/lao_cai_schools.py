"""The schools of Lào Cai: where each stands, how many classes, learners and staff it has, so that every printed sum is met exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from stack.world import printed
from stack.world.cohorts import split
from stack.world.lao_cai_tree import FOUNDED, bare, commune_code, communes
from stack.world.model import OrganisationVersion, SchoolClass
from stack.world.spread import flags, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stack.world.lao_cai_tree import Commune

PLAN = "province-lao-cai-2018"
YEAR = "2017-2018"
URBAN_WEIGHT = 1.8
UNEVEN = (0.6, 1.4)
EVEN = (0.88, 1.12)


@dataclass(frozen=True, slots=True)
class Kind:
    """How schools of a level are made: first grade, number of grades, grades that study informatics first (from the last one down)."""

    level: str
    mark: str
    title: str
    grades: range
    informatics_grades: int
    least_classes: int
    managers: int = 2


KINDS = (
    Kind("preschool", "MN", "Trường Mầm non", range(3, 6), 2, 4),
    Kind("primary", "TH", "Trường Tiểu học", range(1, 6), 3, 5),
    Kind("lower_secondary", "THCS", "Trường Trung học cơ sở", range(6, 10), 4, 4),
    Kind("upper_secondary", "THPT", "Trường Trung học phổ thông", range(10, 13), 3, 6),
    Kind("continuing", "GDTX", "Trung tâm Giáo dục nghề nghiệp - Giáo dục thường xuyên", range(10, 13), 3, 3),
)
"""Preschool groups have ages instead of grades; the registry counts them without a grade."""


@dataclass(frozen=True, slots=True)
class Room:
    """A class with the number of its learners."""

    school_class: SchoolClass
    learners: int


@dataclass(frozen=True, slots=True)
class School:
    """One school on the plan's day; `informatics` classes study it."""

    code: str
    name: str
    level: str
    commune: Commune
    has_website: bool | None
    managers: int
    classes: int
    informatics: int

    def version(self) -> OrganisationVersion:
        """Return the school as an organisation."""
        return OrganisationVersion(
            self.code,
            self.name,
            "school",
            FOUNDED,
            commune_code(self.commune.code),
            levels=(self.level,),
            school_type="public",
            has_website=self.has_website,
        )


def figures(level: str) -> Mapping[str, int]:
    """Return what the plan prints of a level."""
    found: Mapping[str, int] = printed.facts(PLAN)["levels"][level]["printed"]
    return found


def uneven(seed: str, count: int, between: tuple[float, float] = UNEVEN) -> list[float]:
    """Return weights around one, the same for the same seed."""
    random = Random(seed)
    return [random.uniform(*between) for _ in range(count)]


@cache
def schools() -> tuple[School, ...]:
    """Return the 646 schools, level by level."""
    return tuple(school for kind in KINDS for school in _of_level(kind))


def _of_level(kind: Kind) -> Iterator[School]:
    numbers = figures(kind.level)
    count = numbers["schools"]
    places = _places(kind, count)
    weights = [
        weight * (URBAN_WEIGHT if place.urban else 1) for weight, place in zip(uneven(f"classes {kind.level}", count), places, strict=True)
    ]
    classes = spread(numbers["classes"], weights, kind.least_classes)
    informatics = _informatics(kind, classes, numbers)
    managers = spread(numbers["managers"], classes, kind.managers)
    websites: list[bool | None] = [*flags(count, numbers["schools_with_website"])] if "schools_with_website" in numbers else [None] * count
    names = _names(kind, places)
    for index in range(count):
        code = f"LC-{kind.mark}-{index + 1:03d}"
        yield School(code, names[index], kind.level, places[index], websites[index], managers[index], classes[index], informatics[index])


def _places(kind: Kind, count: int) -> list[Commune]:
    """Return where the schools of a level stand: one in each commune and more in towns, or a few in each district."""
    every = communes()
    if count < len(every):
        by_district: dict[str, list[Commune]] = {}
        for commune in sorted(every, key=lambda one: (not one.urban, one.code)):
            by_district.setdefault(commune.division, []).append(commune)
        shares = split(count, len(by_district))
        return [commune for share, found in zip(shares, by_district.values(), strict=True) for commune in found[:share]]
    random = Random(f"places {kind.level}")
    urban = [commune for commune in every if commune.urban]
    rural = [commune for commune in every if not commune.urban]
    more = (urban * 2)[: count - len(every)]
    more += random.sample(rural, count - len(every) - len(more))
    return sorted([*every, *more], key=lambda commune: commune.code)


def _names(kind: Kind, places: Sequence[Commune]) -> list[str]:
    """Return names; several schools of one commune are numbered."""
    total: dict[str, int] = {}
    for place in places:
        total[place.code] = total.get(place.code, 0) + 1
    seen: dict[str, int] = {}
    names = []
    for place in places:
        seen[place.code] = seen.get(place.code, 0) + 1
        number = f" số {seen[place.code]}" if total[place.code] > 1 else ""
        names.append(f"{kind.title} {bare(place.name)}{number}")
    return names


def eligible(kind: Kind, classes: int) -> int:
    """Return how many classes of a school stand in the grades that may study informatics."""
    return sum(split(classes, len(kind.grades))[-kind.informatics_grades :])


def _informatics(kind: Kind, classes: Sequence[int], numbers: Mapping[str, int]) -> list[int]:
    """Return the classes with informatics of each school: the largest schools teach it first."""
    teaching = sorted(range(len(classes)), key=lambda index: (-classes[index], index))[: numbers["schools_with_informatics"]]
    caps = [eligible(kind, classes[index]) for index in teaching]
    shares = spread(numbers["classes_with_informatics"], caps, 1, caps)
    found = [0] * len(classes)
    for index, share in zip(teaching, shares, strict=True):
        found[index] = share
    return found


@cache
def rooms() -> tuple[Room, ...]:
    """Return every class with its number of learners, school by school."""
    return tuple(room for kind in KINDS for room in _rooms(kind))


def _rooms(kind: Kind) -> Iterator[Room]:
    numbers = figures(kind.level)
    classes = [one for school in schools() if school.level == kind.level for one in _classes(kind, school)]
    sizes: dict[bool, Iterator[int]] = {}
    studying = numbers["learners_with_informatics"]
    for informatics, learners in ((True, studying), (False, numbers["learners"] - studying)):
        count = sum(one.studies_informatics == informatics for one in classes)
        sizes[informatics] = iter(spread(learners, uneven(f"sizes {kind.level} {informatics}", count, EVEN)))
    for one in classes:
        yield Room(one, next(sizes[one.studies_informatics]))


def _classes(kind: Kind, school: School) -> Iterator[SchoolClass]:
    """Yield the classes of a school; the last grades study informatics first."""
    positions = [
        (grade, index)
        for grade, number in zip(kind.grades, split(school.classes, len(kind.grades)), strict=True)
        for index in range(number)
    ]
    for place, (grade, index) in enumerate(positions):
        preschool = kind.level == "preschool"
        yield SchoolClass(
            school_code=school.code,
            school_year=YEAR,
            name=f"{grade} tuổi {_letters(index)}" if preschool else f"{grade}{_letters(index)}",
            grade=None if preschool else grade,
            level=kind.level,
            studies_informatics=place >= school.classes - school.informatics,
            site_code=None,
        )


def _letters(index: int) -> str:
    """Return A to Z, then A2 to Z2, and so on."""
    turn, letter = divmod(index, 26)
    return chr(ord("A") + letter) + (str(turn + 1) if turn else "")
