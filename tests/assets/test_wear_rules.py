"""The wear engine: every golden case of the facts, rules where they meet, and 10,000 random assets against the slow oracle."""

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from services.assets.wear.rules import CostChange, Holding, OutsideBandError, Rate, Rule, RuleSet, Standing, Year, adjusted, wear, years
from services.assets.wear.ruleset import RuleSetBody, engine, packaged
from tests.assets.oracle import FACTS, HOUSES, TABLE, Piece, accumulated

RULES = engine(packaged())
GOLDEN: list[dict[str, Any]] = FACTS["golden"]
YEARLY = [case for case in GOLDEN if "yearly" in case]
ADJUSTED = [case for case in GOLDEN if "order_adjustment" in case]
RANDOM_ASSETS = 10_000


def steps(holding: Holding, until: int, rules: RuleSet = RULES) -> list[Year]:
    return list(years(rules, wear(rules, holding, until), until))


def first_year(case: dict[str, Any]) -> int:
    used = case["in_use"]
    return used.year if isinstance(used, date) else int(used)


def test_all_golden_cases_are_here() -> None:
    assert len(YEARLY) + len(ADJUSTED) == len(GOLDEN) == 10


@pytest.mark.parametrize("case", YEARLY, ids=[f"{case['what']}-{case['cost']}-{case['in_use']}" for case in YEARLY])
def test_golden_cases(case: dict[str, Any]) -> None:
    holding = Holding(case["what"], case["cost"], first_year(case))
    found = steps(holding, max(case["yearly"]) + 20)
    booked = {step.year: step.wear for step in found}
    assert {year: booked.get(year, 0) for year in case["yearly"]} == case["yearly"]
    if "accumulated_2025" in case:
        assert next(step.accumulated for step in found if step.year == 2025) == case["accumulated_2025"]
        opened = steps(Holding(case["what"], case["cost"], first_year(case), opening=(2025, case["accumulated_2025"])), 2029)
        assert {step.year: step.wear for step in opened} == case["yearly"]
    assert wear(RULES, holding, 2026).standing is (Standing.TOOL if case.get("kind") == "tool" else Standing.WEARS)
    assert not found or found[-1].accumulated == case["cost"]


@pytest.mark.parametrize("case", ADJUSTED, ids=[str(case["order_adjustment"]) for case in ADJUSTED])
def test_golden_adjustments(case: dict[str, Any]) -> None:
    rate, share = RULES.rate(case["what"], 2026), Decimal(str(case["order_adjustment"]))
    if case["accepted"]:
        moved = adjusted(rate, share, RULES.band)
        assert (moved.percent, moved.life) == (Decimal(str(case["rate"])), 9)
    else:
        with pytest.raises(OutsideBandError):
            adjusted(rate, share, RULES.band)


@pytest.mark.parametrize(("life", "share", "moved"), [(7, "-0.2", 9), (5, "0.2", 5), (8, "0.2", 7), (6, "0.2", 5), (10, "0.01", 10)])
def test_a_moved_life_is_rounded_up_to_whole_years(life: int, share: str, moved: int) -> None:
    """8.75, 4.17, 6.67, 5 and 9.9 years."""
    assert adjusted(Rate(life, Decimal(10)), Decimal(share), Decimal("0.2")).life == moved


def test_a_moved_rate_is_data_and_spreads_what_is_left() -> None:
    body = packaged().rules.model_dump(mode="json")
    moved = {"wear_class": "computer", "share": "-0.2", "from_year": 2026, "legal_basis": "QĐ của tỉnh"}
    rules = engine(packaged().model_copy(update={"version": 2, "rules": RuleSetBody.model_validate(body | {"adjustments": [moved]})}))
    found = steps(Holding("computer", 15_000_000, 2026), 2040, rules)
    assert [step.wear for step in found][:9] == [1_714_800] * 8 + [1_281_600]
    later = RuleSetBody.model_validate(body | {"adjustments": [moved | {"from_year": 2028, "share": "0.2"}, moved]})
    twice = engine(packaged().model_copy(update={"version": 2, "rules": later}))
    assert [twice.rate("computer", year).life for year in (2025, 2026, 2027, 2028)] == [5, 9, 9, 6], "the latest one holds"
    with pytest.raises(ValidationError, match="band"):
        RuleSetBody.model_validate(body | {"adjustments": [moved | {"share": "-0.21"}]})
    with pytest.raises(ValidationError, match="order"):
        RuleSetBody.model_validate(body | {"regimes": body["regimes"][::-1]})
    with pytest.raises(ValidationError, match="same classes"):
        RuleSetBody.model_validate(
            body | {"regimes": [body["regimes"][0] | {"rates": {"computer": {"life": 1, "percent": 9}}}, body["regimes"][1]]}
        )


def test_what_does_not_wear_says_why() -> None:
    for holding, standing in (
        (Holding("computer", 9_999_999, 2026), Standing.TOOL),
        (Holding("house_4", 9_999_999, 2026), Standing.WEARS),
        (Holding("computer", None, 2026), Standing.NO_COST),
        (Holding(None, 20_000_000, 2026), Standing.NO_CLASS),
        (Holding("computer", 20_000_000, 2026, exempt="broken_beyond_use"), Standing.EXEMPT),
    ):
        assert wear(RULES, holding, 2026).standing is standing


def test_a_life_that_is_over_under_the_new_rules_books_the_rest_at_once() -> None:
    found = steps(Holding("photocopier", 80_000_000, 2019), 2027)
    assert [(step.wear, step.rule) for step in found][-2:] == [(10_000_000, Rule.OVER), (0, Rule.WORN)]


def test_second_hand_wears_over_what_is_left_of_the_life() -> None:
    found = steps(Holding("other_machine", 30_000_000, 2026, second_hand_years=2), 2030)
    assert [step.wear for step in found] == [10_000_000, 10_000_000, 10_000_000, 0, 0]


def test_a_step_tells_its_rule_and_the_years_that_are_left() -> None:
    found = steps(Holding("computer", 15_000_000, 2026), 2034)
    assert [step.years_left for step in found] == [6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert [step.rule for step in found] == [*[Rule.YEARLY] * 6, Rule.FINAL, Rule.WORN, Rule.WORN]
    # Two percent of 20 đồng round to nothing, and yet it is not worn: the last year books the rest.
    least = steps(Holding("house_2", 20, 2026), 2026)
    assert [(step.wear, step.rule, step.remaining) for step in least] == [(0, Rule.YEARLY, 20)]


def test_a_cost_cut_below_what_is_booked_leaves_nothing_and_gives_nothing_back() -> None:
    holding = Holding("computer", 30_000_000, 2026, changes=(CostChange(2029, 5_000_000),))
    found = steps(holding, 2029)[-1]
    assert (found.accumulated, found.wear, found.remaining, found.rule) == (12_861_000, 0, 0, Rule.WORN)
    assert wear(RULES, holding, 2029).amounts(2029) == (0, 12_861_000, 0)


def draw(chance: random.Random) -> Piece:
    """Make up an asset; every rule is met many times among 10,000."""
    key, year = chance.choice(sorted(TABLE)), chance.randint(1990, 2032)
    low = 100_000 if key in HOUSES else 5_000_000
    cost = chance.choice([chance.randint(low, 90_000_000), chance.randint(low, 9_000_000_000), 10_000_000, 9_999_999])
    second_hand = chance.choice([0, 0, 0, 0, chance.randint(1, 12)])
    opening = None
    if chance.random() < 0.3:
        opening = (chance.randint(max(year, 2015), max(year, 2015) + 14), chance.randint(0, cost))
    costs: list[tuple[int, int]] = []
    if chance.random() < 0.25:
        begin = opening[0] + 1 if opening else year
        years = sorted(chance.sample(range(begin, begin + 15), chance.randint(1, 2)))
        costs = [(changed, chance.randint(cost // 2, cost * 2)) for changed in years]
    return Piece(key, cost, year, second_hand, opening, tuple(costs))


def test_random_assets_equal_the_slow_calculation() -> None:
    chance = random.Random(141)
    met = dict.fromkeys(Rule, 0)
    for _ in range(RANDOM_ASSETS):
        piece = draw(chance)
        changes = tuple(CostChange(*change) for change in piece.costs)
        holding = Holding(piece.key, piece.cost, piece.first_year, piece.second_hand, piece.opening, changes=changes)
        found = wear(RULES, holding, 2040)
        booked = 0
        for step in years(RULES, found, 2040):
            met[step.rule] += 1
            booked += step.wear
            assert booked == step.accumulated - (piece.opening[1] if piece.opening else 0)
            assert step.accumulated == accumulated(piece, step.year), (piece, step)
            assert step.wear >= 0
        if found.standing is Standing.TOOL:
            assert accumulated(piece, 2040) == 0
    assert min(met.values()) > 500, met
