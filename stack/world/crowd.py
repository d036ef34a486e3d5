"""Synthetic people by the hundred thousand: made in one pass, numbers unique by arithmetic instead of by remembering them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from stack.world.model import FEMALE, MALE, Person
from stack.world.people import CODE_DIGITS, full_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

NUMBERS = 1_000_000
STEP = 611_953
"""Has no divisor in common with NUMBERS, so that a counter times STEP meets every number once before it meets one twice."""


@dataclass(slots=True)
class Crowd:
    """Makes people of one province. `series` (one digit) keeps the codes and numbers of two crowds apart; see registry-rules.yaml."""

    random: Random
    province: str
    groups: Mapping[str, int]
    series: int
    _made: int = 0
    _born: dict[int, int] = field(default_factory=dict)
    _names: tuple[str, ...] = ()
    _sums: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Sum the shares of the groups up once."""
        self._names, self._sums = tuple(self.groups), tuple(accumulate(self.groups.values()))

    def make(self, first_day: date, days: int) -> Person:
        """Return a new person born in the `days` days from `first_day` on."""
        random = self.random
        sex = FEMALE if random.random() < 1 / 2 else MALE
        born = first_day + timedelta(days=int(random.random() * days))
        group = random.choices(self._names, cum_weights=self._sums)[0]
        self._made += 1
        return Person(
            ministry_code=self.code(self._made),
            personal_number=self._personal_number(sex, born.year),
            full_name=full_name(random, sex, group),
            birth_date=born,
            sex=sex,
            ethnicity=group,
        )

    def code(self, place: int) -> str:
        """Return the ministry code of the person made at a place, counted from one: ten digits that begin with the province."""
        return f"{self.province}{self.series}{place:0{CODE_DIGITS - 1}d}"

    def _personal_number(self, sex: int, year: int) -> str:
        """Province, century and sex, year of birth, six digits; crowds take every tenth counter, each its own."""
        key = 2 * year + (sex == FEMALE)
        count = self._born.get(key, 0)
        self._born[key] = count + 1
        tail = (count * 10 + self.series) * STEP % NUMBERS
        return f"0{self.province}{2 * (year // 100 - 19) + (sex == FEMALE)}{year % 100:02d}{tail:06d}"
