"""A difference without explanation, a missing answer and a misread plan are all faults; what rests on a norm that no plan tells is not."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from stack.world.printed import Printed, figures
from stack.world.verify import AGREES, DIFFERS, EXPLAINED, MISREAD, NOT_MEASURED, Verification, judge

TWO, LONG = ("2016.rooms", "2017.rooms"), "rooms are counted in two ways in the plan, once with and once without those of the sites"
INTERNET, OLD = "other_devices.internet", "other_devices.computers_older_than_3_years_share"
EXPECTED = {"2017.learners": 684, "screens.2017.lcd_missing": 4}


def answer(figure: str, printed: Printed, computed: float | None, explanation: str | None = None) -> dict[str, object]:
    state = "explained" if explanation else "not_yet_measured" if computed is None else "equal" if computed == printed else "differs"
    words = {"explanation": explanation and f"vi: {explanation}", "explanation_en": explanation}
    return {"figure": figure, "printed": printed, "computed": computed, "state": state, **words}


def words(figure: str, printed: str, exact: float | None, *, true: bool) -> dict[str, object]:
    state = "equal" if true else "not_yet_measured" if exact is None else "differs"
    return {
        "figure": figure,
        "printed": printed,
        "computed": None,
        "computed_text": printed if true else None,
        "exact": exact,
        "state": state,
    }


def state_of(*answers: dict[str, object]) -> tuple[str, bool]:
    row = judge({"2017.learners": 684}, answers)[0]
    return row.state, row.holds


def test_states() -> None:
    assert state_of(answer("2017.learners", 684, 684)) == (AGREES, True)
    assert state_of(answer("2017.learners", 684, 683)) == (DIFFERS, False)
    assert state_of(answer("2017.learners", 684, 714, "two tables of the plan differ")) == (EXPLAINED, True)
    assert state_of(answer("2017.learners", 714, 684)) == (MISREAD, False)
    assert state_of(answer("2017.learners", 684, None)) == (NOT_MEASURED, False)
    assert state_of() == (NOT_MEASURED, False)


def test_what_insight_calls_different_is_no_agreement() -> None:
    assert state_of(answer("2017.learners", 684, 684) | {"state": "differs"}) == (DIFFERS, False)
    assert state_of(answer("2017.learners", 684, 683) | {"state": "equal"}) == (DIFFERS, False)
    assert state_of(answer("2017.learners", 684, 683) | {"state": "explained"}) == (DIFFERS, False)
    assert state_of(answer("2017.learners", 684, None) | {"state": "planned"}) == (NOT_MEASURED, False)


def test_figures_in_words_are_judged_and_shown() -> None:
    expected = {INTERNET: "FTTH", OLD: ">50"}
    rows = judge(expected, [words(INTERNET, "FTTH", 1, true=True), words(OLD, ">50", 50, true=False)])
    assert [(row.figure, row.computed, row.state, row.holds) for row in rows] == [
        (INTERNET, "FTTH", AGREES, True),
        (OLD, 50, DIFFERS, False),
    ]
    verification = Verification("plan", "PHONG-DONG", tuple(rows))
    assert verification.exit_code == 1
    console = Console(width=80)
    with console.capture() as captured:
        console.print(verification.told())
    lines = [line.strip() for line in captured.get().splitlines()]
    assert [INTERNET, "FTTH", "FTTH", AGREES] in [line.split() for line in lines]
    assert [lines[lines.index("computers_older_than_3_years_") + 1], lines.count("computers_older_than_3_years_")] == ["share", 1]
    assert verification.summary() in captured.get()
    assert Verification.of(json.loads(verification.to_json())) == verification
    assert not judge({INTERNET: "FTTH"}, [words(INTERNET, "FTTH", 0, true=False)])[0].holds
    assert judge({INTERNET: "FTTH"}, [words(INTERNET, "FTTH", None, true=False)])[0].state == NOT_MEASURED
    assert judge({INTERNET: "FTTH"}, [words(INTERNET, "cable", 1, true=True)])[0].state == MISREAD


@pytest.mark.parametrize(("plan", "in_words"), [("school-phong-dong-2017", {INTERNET: "FTTH", OLD: ">50"}), ("province-lao-cai-2018", {})])
def test_every_figure_of_the_facts_is_expected(plan: str, in_words: dict[str, str]) -> None:
    assert {name: value for name, value in figures(plan).items() if isinstance(value, str)} == in_words


def test_a_row_is_judged_even_when_its_figure_comes_twice() -> None:
    rows = judge({"2017.learners": 684}, [answer("2017.learners", 684, 683), answer("2017.learners", 684, 684)])
    assert [row.holds for row in rows] == [False, True]


def test_figures_that_rest_on_an_untold_norm_may_wait() -> None:
    rows = judge(EXPECTED, [answer("2017.learners", 684, 684)])
    verification = Verification("plan", "PHONG-DONG", tuple(rows))
    assert verification.clean
    assert verification.exit_code == 0
    assert verification.summary() == f"1 {AGREES} · 1 {NOT_MEASURED}"


def test_further_figures_of_insight_count_unless_they_are_planned() -> None:
    rows = judge({}, [answer("last_table.staff", 56, 46, "two tables differ"), answer("2018.learners", 702, None) | {"state": "planned"}])
    assert [(row.figure, row.state) for row in rows] == [("last_table.staff", EXPLAINED)]
    assert not judge({}, [answer("last_table.staff", 56, 47)])[0].holds
    assert not judge({}, [answer("last_table.staff", 56, None)])[0].holds
    assert not judge({}, [words("last_table.line", "FTTH", 0, true=False)])[0].holds


def test_json_and_exit_code() -> None:
    verification = Verification("plan", "PHONG-DONG", tuple(judge(EXPECTED, [answer("2017.learners", 684, 1)])))
    document = json.loads(verification.to_json())
    assert verification.exit_code == 1
    assert document["clean"] is False
    assert document["rows"][0] == {
        "figure": "2017.learners",
        "printed": 684,
        "computed": 1,
        "state": DIFFERS,
        "holds": False,
        "explanation": None,
        "explanation_en": None,
    }
    assert Verification.of(document) == verification


def test_the_table_fits_eighty_columns() -> None:
    expected = figures("school-phong-dong-2017")
    rows = judge(
        expected,
        [
            words(name, value, 1, true=True)
            if isinstance(value, str)
            else answer(name, value, value + (name in TWO), LONG if name in TWO else None)
            for name, value in expected.items()
        ],
    )
    console = Console(width=80)
    with console.capture() as captured:
        console.print(Verification("school-phong-dong-2017", "PHONG-DONG", tuple(rows)).told())
    assert all(len(line.rstrip()) <= 80 for line in captured.get().splitlines())
    told = " ".join(captured.get().split())
    assert told.count(LONG) == 2, "each contradiction is told once, in two languages"
    assert ", ".join(TWO) in told
