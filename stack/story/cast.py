"""Who acts in the story, by world: user names of demonstration accounts, and the two schools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stack.world import lao_cai, phong_dong

if TYPE_CHECKING:
    from collections.abc import Mapping


class NoCastError(LookupError):
    """The world has no people who could act in the story."""


@dataclass(frozen=True, slots=True)
class Cast:
    """User names and schools; `plan` is the plan whose scorecard is shown, `subject` shared when the library has nothing for a grade."""

    parent: str
    sending_principal: str
    receiving_principal: str
    officer: str
    author: str
    new_teacher: str
    sending: str
    receiving: str
    plan: str
    school_year: str

    @property
    def people(self) -> tuple[str, ...]:
        """Return every user name."""
        return (self.parent, self.sending_principal, self.receiving_principal, self.officer, self.author, self.new_teacher)


CASTS: Mapping[str, Cast] = {
    phong_dong.NAME: Cast(
        *("parent", "principal", "neighbour", "province", "teacher", "neighbour-teacher"),
        sending=phong_dong.SCHOOL,
        receiving=phong_dong.NEIGHBOUR,
        plan=phong_dong.PLAN,
        school_year=phong_dong.YEARS[-1].code,
    ),
    lao_cai.NAME: Cast(
        *("lc-parent", "lc-principal", "lc-neighbour", "lc-province", "lc-teacher", "lc-neighbour-teacher"),
        sending=lao_cai.SCHOOL,
        receiving=lao_cai.NEIGHBOUR,
        plan="department-lao-cai-2022",
        school_year=lao_cai.YEARS[-1].code,
    ),
}


def cast_of(world: str) -> Cast:
    """Return who acts in a world. Raises NoCastError."""
    if world not in CASTS:
        message = f"no story is told in the world {world!r}; known: {', '.join(sorted(CASTS))}"
        raise NoCastError(message)
    return CASTS[world]
