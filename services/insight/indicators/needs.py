"""Needs by dated norms: the computers that so many learners need, the teachers of informatics that a school needs, and what is missing.

Pure. The norms of computers are the assets service's, told by its events; those of teachers are a reading of our own (norms.yaml).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from libs.common.rounding import Rounding


class Norm(BaseModel):
    """A number for a level; holds during `[valid_from, valid_to)`, and until a later one begins."""

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
    informatics_teachers_per_school: tuple[Norm, ...]


@dataclass(frozen=True, slots=True)
class Norms:
    """The norms in force on a day, by level: learners for each computer, teachers of informatics for each school."""

    learners_per_computer: Mapping[str, Norm] = field(default_factory=dict)
    informatics_teachers_per_school: Mapping[str, Norm] = field(default_factory=dict)


@cache
def norms_file() -> NormsFile:
    """Return the norms as declared. Raises pydantic.ValidationError where the file is wrong."""
    return NormsFile.model_validate(yaml.safe_load(files(__package__).joinpath("norms.yaml").read_text(encoding="utf-8")))


def norms_on(day: date, learners_per_computer: Iterable[Norm] = ()) -> Norms:
    """Return the norms in force on a day, out of those of computers that were told and those of teachers."""
    return Norms(_held(learners_per_computer, day), _held(norms_file().informatics_teachers_per_school, day))


def _held(norms: Iterable[Norm], day: date) -> Mapping[str, Norm]:
    """Return the newest norm of each level that has begun and not ended."""
    begun = sorted((norm for norm in norms if norm.valid_from <= day), key=lambda norm: norm.valid_from)
    return {norm.level: norm for norm in begun if norm.valid_to is None or day < norm.valid_to}


def missing(need: Mapping[str, int], present: Mapping[str, int], anywhere: int) -> int:
    """Return how many computers a school lacks: level by level, after which those that belong to no level fill what gaps there are."""
    return max(0, sum(max(0, number - present.get(level, 0)) for level, number in need.items()) - anywhere)
