"""What a transfer changes is said in numbers, as often as it is told: counts move where shares and whole computers stand still."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from libs.common.rounding import Rounding, divide
from stack.story import effects
from stack.story.cast import CASTS, Cast
from stack.story.effects import Score, card_moved, need_told
from stack.world.client import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

NORM = 15
CAST = CASTS["lao-cai"]


@dataclass(frozen=True, slots=True)
class Target:
    gateway_url: str = "http://gateway"

    async def token(self) -> str:
        return "a-token"


@dataclass(slots=True)
class Province(httpx.AsyncBaseTransport):
    """Two schools of lao-cai as they stand before the story: every dossier online, every learner with a record, computers to spare."""

    learners: dict[str, int] = field(default_factory=lambda: {CAST.sending: 499, CAST.receiving: 378})
    dossiers: dict[str, int] = field(default_factory=lambda: {CAST.sending: 0, CAST.receiving: 2})
    computers: dict[str, int] = field(default_factory=lambda: {CAST.sending: 23, CAST.receiving: 20})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        school = request.url.params["organisation"]
        if request.url.path == "/assets/v1/need":
            first, *others = [self.need(school, Rounding(way)) for way in request.url.params.get_list("rounding")]
            return httpx.Response(200, json=first | {"compared": others})
        persons, dossiers = self.learners[school] + 30, self.dossiers[school]
        items = [
            target("persons_with_digital_record_share", persons),
            target("dossiers_online_share", dossiers),
            target("satisfaction_share", 0),
        ]
        return httpx.Response(200, json={"items": items})

    def need(self, school: str, rounding: Rounding) -> dict[str, Any]:
        needed = divide(self.learners[school], NORM, rounding)
        total = {"learners": self.learners[school], "needed": needed, "missing": max(0, needed - self.computers[school])}
        return {"rounding": rounding, "total": total}

    def move(self, cast: Cast = CAST) -> None:
        self.learners[cast.sending] -= 1
        self.learners[cast.receiving] += 1
        self.dossiers[cast.receiving] += 1


def target(indicator: str, count: int) -> dict[str, Any]:
    computed = 100.0 if count else None
    counts = {"numerator": count, "denominator": count} if count else {"numerator": None, "denominator": None}
    return {"indicator": indicator, "year": 2025, "level": None, "unit": "percent", "computed": computed} | counts


async def test_every_telling_changes_the_need_and_the_scorecard_of_both_schools() -> None:
    province = Province()
    async with Gateway(Target(), province) as officer:
        for telling in range(NORM):
            before = await effects.standing(officer, CAST)
            province.move()
            need = await asyncio.wait_for(effects.need_changed(officer, CAST, before), 5)
            assert need[CAST.sending].startswith(f"learners {499 - telling} → {498 - telling}")
            assert need[CAST.receiving].startswith(f"learners {378 + telling} → {379 + telling}")
            card = await asyncio.wait_for(effects.scorecard_changed(officer, CAST, before), 5)
            online = f"100 % ({2 + telling} of {2 + telling}) → 100 % ({3 + telling} of {3 + telling})"
            assert card[f"{CAST.receiving} dossiers_online_share 2025"] == online
            assert [name for name in card if name.startswith(CAST.sending)] == [f"{CAST.sending} persons_with_digital_record_share 2025"]


async def test_whole_computers_are_told_before_and_after_when_they_change() -> None:
    province = Province(learners={CAST.sending: 496, CAST.receiving: 390})
    async with Gateway(Target(), province) as officer:
        before = await effects.standing(officer, CAST)
        assert before.facts()[f"need {CAST.sending}"] == "learners 496, computers needed 34, computers missing 11"
        province.move()
        need = await effects.need_changed(officer, CAST, before)
    assert need[CAST.sending] == "learners 496 → 495, computers needed 34 → 33, computers missing 11 → 10"
    assert need[CAST.receiving] == "learners 390 → 391, computers needed 26 → 27, computers missing 6 → 7"


@pytest.mark.parametrize("waited", [effects.need_changed, effects.scorecard_changed])
async def test_a_move_that_changes_nothing_is_waited_for_in_vain(waited: Any) -> None:
    async with Gateway(Target(), Province()) as officer:
        before = await effects.standing(officer, CAST)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waited(officer, CAST, before), 0.3)


async def test_the_scorecard_of_one_school_is_not_enough() -> None:
    province = Province()
    async with Gateway(Target(), province) as officer:
        before = await effects.standing(officer, CAST)
        province.dossiers[CAST.receiving] += 1
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(effects.scorecard_changed(officer, CAST, before), 0.3)


def test_what_stands_still_is_said_to_stand_still() -> None:
    numbers = {"learners": 498, "computers needed": 34, "computers missing": 11, "computers needed (rounded nearest)": 33}
    after = numbers | {"learners": 497, "computers needed (rounded nearest)": 32}
    expected = "learners 498 → 497, computers needed (rounded nearest) 33 → 32; as before: computers needed 34, computers missing 11"
    assert need_told(numbers, after) == expected


def scores() -> Iterator[tuple[Score, str]]:
    yield Score(100.0, "percent", 3, 3), "100 % (3 of 3)"
    yield Score(66.67, "percent", 2, 3), "66.67 % (2 of 3)"
    yield Score(23.59, "learners", 684, 29), "23.59 (684 of 29)"
    yield Score(5, "school", 5, None), "5"
    yield Score(None, "percent", None, None), "not measured"


@pytest.mark.parametrize(("score", "told"), list(scores()))
def test_a_score_is_told_with_its_counts(score: Score, told: str) -> None:
    assert str(score) == told


def test_what_is_no_longer_measured_has_not_changed_by_a_transfer() -> None:
    measured, unmeasured = {"a": Score(100.0, "percent", 1, 1)}, {"a": Score(None, "percent", None, None)}
    assert card_moved(unmeasured, measured) == {"a": "not measured → 100 % (1 of 1)"}
    assert not card_moved(measured, unmeasured)
