"""Pure rules of comparison: a printed figure beside the computed one, and a target beside where things stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from libs.common.rounding import Rounding
from services.insight.indicators.rules import Figure, State
from services.insight.plans.facts import Contradiction, Number, Printed, Target


class Verdict(StrEnum):
    """What a printed figure and the computed one say together."""

    EQUAL = "equal"
    EXPLAINED = "explained"
    DIFFERS = "differs"
    NOT_YET_MEASURED = "not_yet_measured"
    PLANNED = "planned"
    SUPPRESSED = "suppressed"


class Standing(StrEnum):
    """Where a target stands."""

    REACHED = "reached"
    OPEN = "open"
    NOT_YET_MEASURED = "not_yet_measured"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Compared:
    """One printed figure judged; `concerned` are the contradictions that name it, `explained_by` the one that accounts for a difference.

    `computed` is at the precision that was printed; what was printed in words has none, and `words` where they hold.
    """

    printed: Printed
    figure: Figure | None
    computed: Number | None
    verdict: Verdict
    concerned: tuple[Contradiction, ...] = ()
    explained_by: Contradiction | None = None
    by_rounding: dict[Rounding, int] | None = None
    words: str | None = None


def compare(printed: Printed, figure: Figure | None, contradictions: Sequence[Contradiction]) -> Compared:
    """Judge a printed figure at its own precision; only a contradiction that accounts for the computed value explains a difference."""
    concerned = tuple(found for found in contradictions if printed.figure in found.figures)
    if printed.as_of is None:
        return Compared(printed, figure, None, Verdict.PLANNED, concerned)
    if figure is not None and figure.state is State.SUPPRESSED:
        return Compared(printed, figure, None, Verdict.SUPPRESSED, concerned)
    computed = None if figure is None else figure.value(printed.decimals)
    if computed is None:
        return Compared(printed, figure, None, Verdict.NOT_YET_MEASURED, concerned)
    if isinstance(printed.value, str):
        holds = printed.text is not None and printed.text.holds(computed)
        verdict, words = (Verdict.EQUAL, printed.value) if holds else (Verdict.DIFFERS, None)
        return Compared(printed, figure, None, verdict, concerned, words=words)
    if computed == printed.value:
        return Compared(printed, figure, computed, Verdict.EQUAL, concerned)
    explaining = next((found for found in concerned if found.accounts_for(printed.figure, computed)), None)
    return Compared(printed, figure, computed, Verdict.EXPLAINED if explaining else Verdict.DIFFERS, concerned, explaining)


def standing(target: Target, figure: Figure | None) -> Standing:
    """Tell whether the computed value reaches the target, at two decimals."""
    if figure is not None and figure.state is State.SUPPRESSED:
        return Standing.SUPPRESSED
    value = None if figure is None else figure.value()
    if value is None:
        return Standing.NOT_YET_MEASURED
    reached = value <= target.value if target.better == "lower" else value >= target.value
    return Standing.REACHED if reached else Standing.OPEN


def counts(compared: Iterable[Compared]) -> dict[Verdict, int]:
    """Return how many figures came to each verdict."""
    found = dict.fromkeys(Verdict, 0)
    for row in compared:
        found[row.verdict] += 1
    return found
