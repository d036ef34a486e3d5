"""The rows of a demonstration world. Periods are `[from, to)`; an open end is None."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import date

Row = TypeVar("Row")

PRIMARY = "primary"
LOWER_SECONDARY = "lower_secondary"
LAST_PRIMARY_GRADE = 5
MALE = 1
FEMALE = 2


@dataclass(frozen=True, slots=True)
class OrganisationVersion:
    """What is true of one organisation from a day on."""

    code: str
    name: str
    kind: str
    valid_from: date
    parent_code: str | None = None
    valid_to: date | None = None
    levels: tuple[str, ...] = ()
    school_type: str | None = None
    administrative_unit_code: str | None = None
    has_website: bool | None = None
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """One organisation ends in another one."""

    code: str
    into_code: str
    on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """One organisation ends and nothing takes its place."""

    code: str
    on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """A school year; `ends_on` is its last day (inclusive), as the ministry prints it."""

    code: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """One class of one school year."""

    school_code: str
    school_year: str
    name: str
    grade: int | None
    level: str
    studies_informatics: bool
    site_code: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """A synthetic person; sex 1 male, 2 female."""

    ministry_code: str
    personal_number: str
    full_name: str
    birth_date: date
    sex: int
    ethnicity: str


@dataclass(frozen=True, slots=True)
class Spell:
    """One learner in one class for one period."""

    school_code: str
    school_year: str
    class_name: str
    grade: int | None
    level: str
    studies_informatics: bool
    enrolled_on: date
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner with all spells in order of time."""

    person: Person
    spells: tuple[Spell, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff with one post and perhaps an IT certificate."""

    person: Person
    school_code: str
    role: str
    started_on: date
    ended_on: date | None = None
    subject: str | None = None
    degree: str | None = None
    uses_it: bool = False
    makes_elearning: bool = False
    it_certificate_on: date | None = None


@dataclass(frozen=True, slots=True)
class Guardian:
    """An adult who answers for one learner (named by the ministry code)."""

    full_name: str
    personal_number: str
    birth_date: date
    sex: int
    learner_code: str
    relation: str


@dataclass(frozen=True, slots=True)
class Homeroom:
    """Who leads a class: the teacher's ministry code and the class's natural key."""

    school_code: str
    school_year: str
    class_name: str
    teacher_code: str


@dataclass(frozen=True, slots=True)
class Asset:
    """A room, a device, several like devices, or an internet line; the code is the owner's own. Cost of one piece in đồng."""

    organisation_code: str
    asset_code: str
    class_code: str
    valid_from: date
    name: str | None = None
    quantity: int = 1
    provider: str | None = None
    level: str | None = None
    online: bool | None = None
    cost: int | None = None
    first_used_on: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An organisation offers an administrative procedure at a level of online service."""

    organisation_code: str
    procedure_code: str
    level: str
    one_stop: bool
    valid_from: date


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """Documents of an organisation in a period; both days are included."""

    organisation_code: str
    period_start: date
    period_end: date
    incoming: int
    incoming_scanned: int
    outgoing: int
    outgoing_scanned: int


@dataclass(frozen=True, slots=True)
class Streamed(Collection[Row], Generic[Row]):
    """Rows that are made each time somebody goes through them: 200,000 learners are never in memory together."""

    make: Callable[[], Iterator[Row]]
    count: int

    def __iter__(self) -> Iterator[Row]:
        """Make the rows."""
        return self.make()

    def __len__(self) -> int:
        """Return how many there are."""
        return self.count

    def __contains__(self, row: object) -> bool:
        """Tell whether a row is among them."""
        return any(one == row for one in self.make())


@dataclass(frozen=True, slots=True)
class World:
    """All rows of one world, in an order in which they can be loaded."""

    name: str
    plan: str
    subject_code: str
    organisations: tuple[OrganisationVersion, ...]
    merges: tuple[Merge, ...]
    school_years: tuple[SchoolYear, ...]
    classes: Collection[SchoolClass]
    staff: Collection[Member]
    learners: Collection[Learner]
    guardians: tuple[Guardian, ...] = ()
    homerooms: tuple[Homeroom, ...] = ()
    closures: tuple[Closure, ...] = ()
    assets: tuple[Asset, ...] = ()
    offers: tuple[Offer, ...] = ()
    documents: tuple[DocumentCount, ...] = ()
    accounts: str = ""
    """What the user names of its demonstration accounts begin with."""


def level_of(grade: int) -> str:
    """Return the level of a grade from 1 to 9."""
    return PRIMARY if grade <= LAST_PRIMARY_GRADE else LOWER_SECONDARY


def holds(valid_from: date, valid_to: date | None, on: date) -> bool:
    """Tell whether a period covers a day."""
    return valid_from <= on and (valid_to is None or on < valid_to)


def spells_on(learners: Iterable[Learner], school_code: str, on: date) -> list[Spell]:
    """Return the spells of one school that cover a day."""
    return [
        spell
        for learner in learners
        for spell in learner.spells
        if spell.school_code == school_code and holds(spell.enrolled_on, spell.left_on, on)
    ]
