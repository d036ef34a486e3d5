"""Needs by dated norms: the computers that so many learners need, the teachers of informatics that a school needs, and what is missing.

Pure; the norms are data (norms.yaml).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Rounding(StrEnum):
    """How a need that is no whole number is rounded."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


MODES = {Rounding.UP: ROUND_CEILING, Rounding.DOWN: ROUND_FLOOR, Rounding.NEAREST: ROUND_HALF_UP}


class Norm(BaseModel):
    """A number for a level; holds during `[valid_from, valid_to)`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    level: str
    value: int
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: str


class NormsFile(BaseModel):
    """norms.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rounding: Rounding
    learners_per_computer: tuple[Norm, ...]
    informatics_teachers_per_school: tuple[Norm, ...]


@dataclass(frozen=True, slots=True)
class Norms:
    """The norms in force on a day, by level: learners for each computer, teachers of informatics for each school."""

    learners_per_computer: Mapping[str, int] = field(default_factory=dict)
    informatics_teachers_per_school: Mapping[str, int] = field(default_factory=dict)


@cache
def norms_file() -> NormsFile:
    """Return the norms as declared. Raises pydantic.ValidationError where the file is wrong."""
    return NormsFile.model_validate(yaml.safe_load(files(__package__).joinpath("norms.yaml").read_text(encoding="utf-8")))


def norms_on(day: date) -> Norms:
    """Return the norms in force on a day."""
    declared = norms_file()
    return Norms(_held(declared.learners_per_computer, day), _held(declared.informatics_teachers_per_school, day))


def _held(norms: Iterable[Norm], day: date) -> Mapping[str, int]:
    return {norm.level: norm.value for norm in norms if norm.valid_from <= day and (norm.valid_to is None or day < norm.valid_to)}


def needed(learners: int, learners_per_computer: int, rounding: Rounding) -> int:
    """Return how many computers so many learners need."""
    return int((Decimal(learners) / learners_per_computer).to_integral_value(MODES[rounding]))


def missing(need: Mapping[str, int], present: Mapping[str, int], anywhere: int) -> int:
    """Return how many computers a school lacks: level by level, after which those that belong to no level fill what gaps there are."""
    return max(0, sum(max(0, number - present.get(level, 0)) for level, number in need.items()) - anywhere)
