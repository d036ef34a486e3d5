"""Synthetic people: names by weight inside an ethnic group, codes without repetition, birth dates that fit an age."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING

from stack.world.model import FEMALE, MALE, Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

KINH, MONG, DAO, TAY, KHMER, HOA = "Kinh", "Mông", "Dao", "Tày", "Khmer", "Hoa"

SURNAMES_OF: Mapping[str, frozenset[str]] = {
    MONG: frozenset({"Giàng", "Vàng", "Sùng", "Thào", "Hảng", "Mùa", "Má", "Tráng", "Cứ"}),
    DAO: frozenset({"Tẩn", "Chảo", "Phàn", "Lý", "Bàn", "Triệu"}),
    TAY: frozenset({"Hoàng", "Hà", "Lương", "Nông", "Ma", "Lục", "Lường", "Lò", "Lù", "Thền"}),
}
MIDDLES_OF: Mapping[str, frozenset[str]] = {MONG: frozenset({"A", "Seo"}), DAO: frozenset({"Láo", "Phù", "Tả", "Sử", "Lở"})}
GIVEN_OF: Mapping[str, frozenset[str]] = {
    MONG: frozenset(
        {"Páo", "Pao", "Lềnh", "Lử", "Tủa", "Chớ", "Dình", "Dơ", "Phử", "Sình", "Mỷ", "Dở", "Sua", "Dợ", "Máy", "Súa", "Chở", "Pàng", "Say"}
    ),
    DAO: frozenset({"Sử", "Chẩn", "Lở", "Mẩy"}),
}
"""The pairing note of the facts; which given names go with which group is judgement, like the weights themselves."""

SOUTHERN_SURNAMES: Mapping[str, Mapping[str, int]] = {
    KHMER: {"Danh": 70, "Thạch": 10, "Sơn": 8, "Kim": 6, "Kiên": 6},
    HOA: {"Lâm": 30, "Trương": 20, "Quách": 18, "Lý": 16, "Huỳnh": 16},
}
"""Surnames of two groups of the Mekong delta that the northern list lacks; weights are judgement."""

NORTHERN_GROUPS = (MONG, DAO, TAY)
CODE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Pool:
    """Values with relative weights, summed up once: a province draws 600,000 times."""

    values: tuple[str, ...]
    sums: tuple[int, ...]

    def draw(self, random: Random) -> str:
        """Return one value by weight."""
        return random.choices(self.values, cum_weights=self.sums)[0]


@cache
def listed(part: str, sex: str) -> dict[str, int]:
    """Return names.csv as value → weight for one part (surname, middle, given) and sex (male, female, any)."""
    with files("stack.world.data").joinpath("names.csv").open(encoding="utf-8") as lines:
        return {row["value"]: int(row["weight"]) for row in csv.DictReader(lines) if row["part"] == part and row["sex"] == sex}


@cache
def pool(part: str, sex: int, group: str) -> Pool:
    """Return what one ethnic group draws from: its own values where the facts pair them, else those of no other group."""
    if part == "surname":
        weights = SOUTHERN_SURNAMES.get(group) or _surnames(group)
    else:
        every = listed(part, "male" if sex == MALE else "female")
        owned: Mapping[str, frozenset[str]] = MIDDLES_OF if part == "middle" else GIVEN_OF
        foreign = frozenset[str]().union(*(values for owner, values in owned.items() if owner != group))
        own = {value: weight for value, weight in every.items() if value in owned.get(group, ())}
        weights = own or {value: weight for value, weight in every.items() if value not in foreign}
    return Pool(tuple(weights), tuple(accumulate(weights.values())))


def _surnames(group: str) -> dict[str, int]:
    every = listed("surname", "any")
    if group in SURNAMES_OF:
        return {value: weight for value, weight in every.items() if value in SURNAMES_OF[group]}
    paired = frozenset[str]().union(*(SURNAMES_OF[other] for other in NORTHERN_GROUPS)) - {"Hoàng", "Hà", "Lương", "Lý"}
    return {value: weight for value, weight in every.items() if value not in paired}


def full_name(random: Random, sex: int, group: str) -> str:
    """Return surname, middle and given name, no part twice."""
    surname = pool("surname", sex, group).draw(random)
    middle = pool("middle", sex, group).draw(random)
    given = pool("given", sex, group).draw(random)
    while given in {surname, middle}:
        given = pool("given", sex, group).draw(random)
    return f"{surname} {middle} {given}" if middle != surname else f"{surname} {given}"


@dataclass(slots=True)
class People:
    """Makes people of one province: `province` is its code at birth registration, `groups` the ethnic shares."""

    random: Random
    province: str
    groups: Mapping[str, int]
    _numbers: set[str] = field(default_factory=set)
    _counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def make(self, series: str, born_from: date, born_to: date, sex: int | None = None) -> Person:
        """Return a new person born in `[born_from, born_to)`; `series` is the first digit of the ministry code's counter."""
        chosen = sex or self.random.choice((MALE, FEMALE))
        born = born_from + timedelta(days=self.random.randrange((born_to - born_from).days))
        group = self.random.choices(tuple(self.groups), tuple(self.groups.values()))[0]
        return Person(
            ministry_code=self._ministry_code(series),
            personal_number=self._personal_number(chosen, born.year),
            full_name=full_name(self.random, chosen, group),
            birth_date=born,
            sex=chosen,
            ethnicity=group,
        )

    def _ministry_code(self, series: str) -> str:
        """Ten digits beginning with the province at first entry (registry-rules.yaml)."""
        self._counters[series] += 1
        return f"{self.province}{series}{self._counters[series]:0{CODE_DIGITS - len(series)}d}"

    def _personal_number(self, sex: int, year: int) -> str:
        """Province, century and sex, year of birth, six random digits (registry-rules.yaml), never the same twice."""
        head = f"0{self.province}{2 * (year // 100 - 19) + (sex == FEMALE)}{year % 100:02d}"
        while (number := f"{head}{self.random.randrange(1_000_000):06d}") in self._numbers:
            continue
        self._numbers.add(number)
        return number


def born_for_grade(random: Random, grade: int, first_year: int) -> tuple[date, date]:
    """Return the span of birth dates of a learner of a grade: six years old in grade 1, one in twenty a year older."""
    year = first_year - grade - 5 - (random.random() < 1 / 20)
    return date(year, 1, 1), date(year + 1, 1, 1)
