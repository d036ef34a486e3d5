"""How many computers a school needs, has and lacks; pure arithmetic.

A school needs whole computers for each of its levels: the division is rounded for each school and level, then added. What one school or
level has too much does not make up for what another lacks. So the need of a commune or province is the sum of its schools' needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from libs.common.disclosure import SMALL
from libs.common.rounding import Rounding, divide
from services.assets.fields import Level


@dataclass(frozen=True, slots=True)
class Norm:
    """A dated norm: so many learners for each computer of a level."""

    level: str
    value: int
    valid_from: date
    legal_basis: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What one school has at one level on the day."""

    school_id: UUID
    level: str
    learners: int = 0
    present: int = 0


@dataclass(frozen=True, slots=True)
class LevelNeed:
    """The sums of a level.

    `needed` and `missing` are None where no norm holds on the day; `learners` is None for who may not see people.
    """

    level: str
    learners: int | None
    norm: Norm | None
    needed: int | None
    present: int
    missing: int | None


@dataclass(frozen=True, slots=True)
class TotalNeed:
    """The sums of the levels that have a norm; `present` of all levels. None where a level is kept back."""

    learners: int | None
    needed: int | None
    present: int
    missing: int | None


def levels(holdings: Iterable[Holding], norms: Mapping[str, Norm], rounding: Rounding) -> list[LevelNeed]:
    """Return the need of each level that has learners or computers, in the order of the levels."""
    by_level: dict[str, list[Holding]] = {}
    for holding in holdings:
        by_level.setdefault(holding.level, []).append(holding)
    return [_level(level, by_level[level], norms.get(level), rounding) for level in Level if level in by_level]


def _level(level: str, holdings: Sequence[Holding], norm: Norm | None, rounding: Rounding) -> LevelNeed:
    learners, present = sum(holding.learners for holding in holdings), sum(holding.present for holding in holdings)
    if norm is None:
        return LevelNeed(level, learners, None, None, present, None)
    needs = [(divide(holding.learners, norm.value, rounding), holding.present) for holding in holdings]
    missing = sum(max(0, needed - has) for needed, has in needs)
    return LevelNeed(level, learners, norm, sum(needed for needed, _ in needs), present, missing)


def without_people(need: LevelNeed) -> LevelNeed:
    """Return the need as told to who may not see people: devices, no learners.

    Where a computer is for so few learners that the need, rounded in two ways, would tell a small number of them, it is kept back too;
    that there are none is told.
    """
    if need.learners and need.norm is not None and need.norm.value <= 2 * SMALL:
        return replace(need, learners=None, needed=None, missing=None)
    return replace(need, learners=None)


def total(needs: Sequence[LevelNeed]) -> TotalNeed:
    """Add the levels up; a level that has a norm and whose need is kept back keeps the sum of needs back."""
    counted = [need for need in needs if need.norm is not None]
    sees_people = all(need.learners is not None for need in needs)
    return TotalNeed(
        learners=_sum(need.learners for need in counted) if sees_people else None,
        needed=_sum(need.needed for need in counted),
        present=sum(need.present for need in needs),
        missing=_sum(need.missing for need in counted),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return the sum; None where one of the numbers is."""
    told = list(numbers)
    return sum(number for number in told if number is not None) if None not in told else None
