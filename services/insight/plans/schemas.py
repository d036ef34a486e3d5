"""What the routes of plans answer."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from libs.common.rounding import Rounding
from services.insight.indicators.schemas import CODE_LENGTH, Scope
from services.insight.plans.comparison import Standing, Verdict

__all__ = ["ComparisonOut", "ComparisonQuery", "PlansOut", "Scope", "ScorecardOut"]


class PlanOut(BaseModel):
    """A plan: how many figures it prints and how many targets it sets."""

    plan: str
    code: str
    label: str
    label_en: str
    figures: int
    targets: int
    contradictions: int


class PlansOut(BaseModel):
    """All plans."""

    items: list[PlanOut]


class ComparisonQuery(BaseModel):
    """Whose records are set beside the plan."""

    model_config = ConfigDict(extra="forbid")
    organisation: str = Field(min_length=1, max_length=CODE_LENGTH)
    rounding: Rounding | None = Field(default=None, description="How needs are rounded; as the norms say unless given.")


class ComparedOut(BaseModel):
    """One printed figure beside the computed one; `explanation` where a contradiction of the plan accounts for the difference.

    `computed` is at the precision that was printed, `exact` to two decimals; what was printed in words has no `computed` but, where the
    words hold, `computed_text`. `by_rounding`, of needs: what other ways of rounding would give.
    """

    figure: str
    key: str
    indicator: str | None
    label: str
    label_en: str
    year: int | None
    level: str | None
    as_of: date | None
    printed: int | float | str
    computed: int | float | None
    computed_text: str | None
    exact: int | float | None
    by_rounding: dict[Rounding, int] | None
    state: Verdict
    explanation: str | None
    explanation_en: str | None
    contradictions: list[str]


class UnprintedOut(BaseModel):
    """A cell of the plan's tables in which it prints nothing, with what records say."""

    figure: str
    key: str
    indicator: str | None
    label: str
    label_en: str
    level: str | None
    as_of: date | None
    computed: int | float | None
    reason: str | None
    reason_en: str | None


class ValueOut(BaseModel):
    """One of the values that contradict each other."""

    label: str
    label_en: str
    value: int | float


class ConcernedOut(BaseModel):
    """A figure that a contradiction concerns, as printed and as computed."""

    figure: str
    printed: int | float
    computed: int | float | None


class ContradictionOut(BaseModel):
    """Something the printed plan does not add up to: its values side by side, the figures concerned, and why."""

    id: str
    explanation: str
    explanation_en: str
    values: list[ValueOut]
    figures: list[ConcernedOut]


class SummaryOut(BaseModel):
    """How many figures came to each verdict; `holds`: none differs unexplained."""

    equal: int
    explained: int
    differs: int
    not_yet_measured: int
    planned: int
    suppressed: int
    holds: bool


class ComparisonOut(BaseModel):
    """A whole plan beside the records of an organisation."""

    plan: str
    label: str
    label_en: str
    organisation: str
    as_of_note: str | None
    as_of_note_en: str | None
    summary: SummaryOut
    figures: list[ComparedOut]
    unprinted: list[UnprintedOut]
    contradictions: list[ContradictionOut]


class TargetOut(BaseModel):
    """One target and where it stands; `measured_by` is the indicator that it is read as, `reading` how that is defined.

    `numerator` and `denominator` are what `computed` is made of, as in a figure: a share stands still where its counts move.
    """

    indicator: str
    measured_by: str | None
    label: str
    label_en: str
    year: int
    level: str | None
    target: int | float
    unit: str
    better: str
    note: str | None
    computed: int | float | None
    numerator: int | None
    denominator: int | None
    state: Standing
    reason: str | None
    reason_en: str | None
    reading: str | None
    reading_en: str | None


class ScorecardOut(BaseModel):
    """The targets of a plan, each beside what records say as of a day."""

    plan: str
    label: str
    label_en: str
    organisation: str
    as_of: date
    reached: int
    open: int
    not_yet_measured: int
    suppressed: int
    items: list[TargetOut]
