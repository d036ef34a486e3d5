"""What follows from a transfer: the need for computers of both schools (assets) and their scorecards (insight), before and after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from libs.common.clock import today
from libs.common.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.story.cast import Cast
    from stack.world.client import Gateway

POLL_SECONDS = 0.05
LEARNERS = "learners"
SHOWN = (LEARNERS, "computers needed", "computers missing")
"""What of a need is shown even where it stands still: one child changes the whole computers only now and then."""
Numbers = dict[str, int]


class Score(NamedTuple):
    """Where a target stands: what is computed, of what counts; nothing of it when it is not measured."""

    computed: float | None
    unit: str
    numerator: int | None
    denominator: int | None

    def __str__(self) -> str:
        if self.computed is None:
            return "not measured"
        value = f"{self.computed:.10g}" + (" %" if self.unit == "percent" else "")
        return value if self.denominator is None else f"{value} ({self.numerator} of {self.denominator})"


Card = dict[str, Score]


@dataclass(frozen=True, slots=True)
class Standing:
    """The need and the scorecard of each school."""

    need: Mapping[str, Numbers]
    card: Mapping[str, Card]

    def facts(self) -> dict[str, Any]:
        """Return it for the reader."""
        return {f"need {school}": ", ".join(f"{name} {numbers[name]}" for name in SHOWN) for school, numbers in self.need.items()}


async def standing(officer: Gateway, cast: Cast) -> Standing:
    """Return how things stand now."""
    return Standing(await _needs(officer, cast), await _cards(officer, cast))


async def need_changed(officer: Gateway, cast: Cast, before: Standing) -> dict[str, Any]:
    """Wait until one learner less is behind the need of the sending school and one more behind the receiving one's; return what changed."""
    wanted = {cast.sending: -1, cast.receiving: 1}
    while True:
        now = await _needs(officer, cast)
        if all(now[school][LEARNERS] == before.need[school][LEARNERS] + change for school, change in wanted.items()):
            return {school: need_told(before.need[school], now[school]) for school in wanted}
        await asyncio.sleep(POLL_SECONDS)


async def scorecard_changed(officer: Gateway, cast: Cast, before: Standing) -> dict[str, Any]:
    """Wait until a target of each school differs, in its value or in its counts; return those that do, before and after."""
    while True:
        now = await _cards(officer, cast)
        moved = {school: card_moved(before.card[school], card) for school, card in now.items()}
        if all(moved.values()):
            return {f"{school} {name}": told for school, changes in moved.items() for name, told in changes.items()}
        await asyncio.sleep(POLL_SECONDS)


def need_told(before: Numbers, now: Numbers) -> str:
    """Say which numbers of a need changed and which stand as before."""
    changed = [f"{name} {before[name]} → {value}" for name, value in now.items() if before[name] != value]
    still = [f"{name} {now[name]}" for name in SHOWN if before[name] == now[name]]
    return ", ".join(changed) + (f"; as before: {', '.join(still)}" if still else "")


def card_moved(before: Card, now: Card) -> dict[str, str]:
    """Return the measured targets that differ, before and after."""
    return {name: f"{before[name]} → {score}" for name, score in now.items() if score.computed is not None and before[name] != score}


async def _needs(officer: Gateway, cast: Cast) -> dict[str, Numbers]:
    schools = (cast.sending, cast.receiving)
    return dict(zip(schools, await asyncio.gather(*(_need(officer, school) for school in schools)), strict=True))


async def _need(officer: Gateway, school: str) -> Numbers:
    """Return the learners behind the need, and the whole computers under each way of rounding; the usual one needs no word."""
    found = (await officer.send("GET", "/assets/v1/need", params={"organisation": school, "rounding": list(Rounding)})).json()
    numbers = {LEARNERS: found["total"]["learners"]}
    for way in (found, *found["compared"]):
        rounded = "" if way is found else f" (rounded {way['rounding']})"
        numbers |= {f"computers {key}{rounded}": way["total"][key] for key in ("needed", "missing")}
    return numbers


async def _cards(officer: Gateway, cast: Cast) -> dict[str, Card]:
    schools = (cast.sending, cast.receiving)
    return dict(zip(schools, await asyncio.gather(*(_card(officer, cast.plan, school) for school in schools)), strict=True))


async def _card(officer: Gateway, plan: str, school: str) -> Card:
    card = await officer.get(f"/insight/v1/plans/{plan}/scorecard", {"organisation": school, "as_of": today().isoformat()})
    return {
        f"{item['indicator']} {item['year']} {item['level'] or ''}".rstrip(): Score(*(item[name] for name in Score._fields))
        for item in card["items"]
    }
