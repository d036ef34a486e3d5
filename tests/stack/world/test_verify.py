"""A difference without explanation, a missing answer and a misread plan are all faults; what rests on a norm that no plan tells is not."""

from __future__ import annotations

import json

from rich.console import Console

from stack.world.printed import figures
from stack.world.verify import AGREES, DIFFERS, EXPLAINED, MISREAD, NOT_MEASURED, Verification, judge

TWO, LONG = ("2016.rooms", "2017.rooms"), "rooms are counted in two ways in the plan, once with and once without those of the sites"
EXPECTED = {"2017.learners": 684, "screens.2017.lcd_missing": 4}


def answer(figure: str, printed: float, computed: float | None, explanation: str | None = None) -> dict[str, object]:
    state = "explained" if explanation else "differs"
    words = {"explanation": explanation and f"vi: {explanation}", "explanation_en": explanation}
    return {"figure": figure, "printed": printed, "computed": computed, "state": state, **words}


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


def test_figures_that_rest_on_an_untold_norm_may_wait() -> None:
    rows = judge(EXPECTED, [answer("2017.learners", 684, 684)])
    verification = Verification("plan", "PHONG-DONG", tuple(rows))
    assert verification.clean
    assert verification.exit_code == 0
    assert verification.summary() == f"1 {AGREES} · 1 {NOT_MEASURED}"


def test_further_figures_of_insight_count_as_far_as_records_speak_of_them() -> None:
    rows = judge({}, [answer("last_table.staff", 56, 46, "two tables differ"), answer("2018.learners", 702, None)])
    assert [(row.figure, row.state) for row in rows] == [("last_table.staff", EXPLAINED)]
    assert not judge({}, [answer("last_table.staff", 56, 47)])[0].holds


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
    rows = judge(expected, [answer(name, value, value + (name in TWO), LONG if name in TWO else None) for name, value in expected.items()])
    console = Console(width=80)
    with console.capture() as captured:
        console.print(Verification("school-phong-dong-2017", "PHONG-DONG", tuple(rows)).told())
    assert all(len(line.rstrip()) <= 80 for line in captured.get().splitlines())
    words = " ".join(captured.get().split())
    assert words.count(LONG) == 2, "each contradiction is told once, in two languages"
    assert ", ".join(TWO) in words
