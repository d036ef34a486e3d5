"""What follows from a transfer: the need for computers of both schools (assets) and the scorecard (insight), before and after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from libs.common.clock import today

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.story.cast import Cast
    from stack.world.client import Gateway

POLL_SECONDS = 0.05
Numbers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """Learners and needed computers by school, and computed targets of the sending school by name."""

    need: Mapping[str, Numbers]
    scorecard: Numbers

    def facts(self) -> dict[str, Any]:
        """Return it for the reader."""
        return {f"need {school}": _told(numbers) for school, numbers in self.need.items()}


async def standing(officer: Gateway, cast: Cast) -> Standing:
    """Return how things stand now."""
    sending, receiving, card = await asyncio.gather(_need(officer, cast.sending), _need(officer, cast.receiving), _scorecard(officer, cast))
    return Standing({cast.sending: sending, cast.receiving: receiving}, card)


async def need_changed(officer: Gateway, cast: Cast, before: Standing) -> dict[str, Any]:
    """Wait until one learner less is counted at the sending school and one more at the receiving one; return both, before and after."""
    wanted = {cast.sending: -1, cast.receiving: 1}
    while True:
        now = {school: await _need(officer, school) for school in wanted}
        if all(now[school]["learners"] == before.need[school]["learners"] + change for school, change in wanted.items()):
            return {school: f"{_told(before.need[school])} → {_told(now[school])}" for school in wanted}
        await asyncio.sleep(POLL_SECONDS)


async def scorecard_changed(officer: Gateway, cast: Cast, before: Standing) -> dict[str, Any]:
    """Wait until a computed target differs; return those that do, before and after."""
    while True:
        now = await _scorecard(officer, cast)
        moved = {name: f"{before.scorecard.get(name)} → {value}" for name, value in now.items() if before.scorecard.get(name) != value}
        if moved:
            return moved
        await asyncio.sleep(POLL_SECONDS)


async def _need(officer: Gateway, school: str) -> Numbers:
    found = await officer.get("/assets/v1/need", {"organisation": school})
    learners = sum(level["learners"] for level in found["levels"])
    return {"learners": learners, "needed": found["total"]["needed"], "missing": found["total"]["missing"]}


async def _scorecard(officer: Gateway, cast: Cast) -> Numbers:
    """Return the computed targets of both schools."""
    found: Numbers = {}
    for school in (cast.sending, cast.receiving):
        query = {"organisation": school, "as_of": today().isoformat()}
        card = await officer.get(f"/insight/v1/plans/{cast.plan}/scorecard", query)
        found |= {f"{school} {item['indicator']} {item['year']} {item['level'] or ''}".rstrip(): item["computed"] for item in card["items"]}
    return {name: value for name, value in found.items() if value is not None}


def _told(numbers: Numbers) -> str:
    return f"{numbers['learners']} learners, {numbers['needed']} computers needed, {numbers['missing']} missing"
