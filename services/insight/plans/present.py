"""Turns judged figures and targets into what is answered."""

from collections.abc import Mapping, Sequence

from services.insight.indicators import present
from services.insight.indicators.catalogue import Catalogue, Indicator
from services.insight.indicators.rules import Figure
from services.insight.plans.comparison import Compared, Verdict, counts, standing
from services.insight.plans.facts import Contradiction, Number, Plan, Target, printed, targets
from services.insight.plans.schemas import (
    ComparedOut,
    ComparisonOut,
    ConcernedOut,
    ContradictionOut,
    PlanOut,
    SummaryOut,
    TargetOut,
    ValueOut,
)

NOT_KNOWN = ("Chưa đo: chưa có chỉ số này.", "Not yet measured: there is no such indicator yet.")
PLANNED = ("Số kế hoạch, không phải số liệu thực tế.", "A target, not a record.")


def plan_out(plan: Plan) -> PlanOut:
    """Describe a plan."""
    return PlanOut(
        plan=plan.plan,
        code=plan.code,
        label=plan.vi,
        label_en=plan.en,
        figures=len(printed(plan.plan)),
        targets=len(targets(plan.code)),
        contradictions=len(plan.contradictions),
    )


def comparison_out(catalogue: Catalogue, plan: Plan, organisation: str, rows: Sequence[Compared]) -> ComparisonOut:
    """Describe a whole comparison."""
    found = counts(rows)
    by_figure = {row.printed.figure: row for row in rows}
    return ComparisonOut(
        plan=plan.plan,
        label=plan.vi,
        label_en=plan.en,
        organisation=organisation,
        as_of_note=plan.as_of_note,
        as_of_note_en=plan.as_of_note_en,
        summary=SummaryOut(**{verdict.value: number for verdict, number in found.items()}, holds=found[Verdict.DIFFERS] == 0),
        figures=[_compared_out(catalogue, row) for row in rows],
        contradictions=[_contradiction_out(contradiction, by_figure) for contradiction in plan.contradictions],
    )


def target_out(catalogue: Catalogue, target: Target, figure: Figure | None) -> TargetOut:
    """Describe a target and where it stands."""
    vi, en = present.reasons(catalogue, figure) if figure else NOT_KNOWN
    label, label_en = _labels(catalogue.find(target.indicator), target.indicator)
    return TargetOut(
        indicator=target.indicator,
        label=label,
        label_en=label_en,
        year=target.year,
        level=target.level,
        target=_number(target.value),
        unit=target.unit,
        better=target.better,
        note=target.note,
        computed=present.number(figure.value()) if figure else None,
        state=standing(target, figure),
        reason=vi,
        reason_en=en,
    )


def _compared_out(catalogue: Catalogue, row: Compared) -> ComparedOut:
    indicator = catalogue.find(row.printed.key)
    label, label_en = _labels(indicator, row.printed.key)
    vi, en = _explanation(catalogue, row)
    value = row.printed.value
    return ComparedOut(
        figure=row.printed.figure,
        key=row.printed.key,
        indicator=indicator.key if indicator else None,
        label=label,
        label_en=label_en,
        year=row.printed.year,
        level=row.printed.level,
        as_of=row.printed.as_of,
        printed=value if isinstance(value, str) else _number(value),
        computed=present.number(row.computed),
        state=row.verdict,
        explanation=vi,
        explanation_en=en,
        contradictions=[contradiction.id for contradiction in row.concerned],
    )


def _explanation(catalogue: Catalogue, row: Compared) -> tuple[str | None, str | None]:
    if row.explained_by:
        return row.explained_by.vi, row.explained_by.en
    if row.verdict is Verdict.PLANNED:
        return PLANNED
    if row.verdict is Verdict.NOT_YET_MEASURED:
        return present.reasons(catalogue, row.figure) if row.figure else NOT_KNOWN
    return None, None


def _contradiction_out(contradiction: Contradiction, rows: Mapping[str, Compared]) -> ContradictionOut:
    return ContradictionOut(
        id=contradiction.id,
        explanation=contradiction.vi,
        explanation_en=contradiction.en,
        values=[ValueOut(label=side.vi, label_en=side.en, value=_number(side.value)) for side in contradiction.values],
        figures=[
            ConcernedOut(figure=figure, printed=_number(value), computed=present.number(rows[figure].computed))
            for figure, value in contradiction.figures.items()
        ],
    )


def _labels(indicator: Indicator | None, key: str) -> tuple[str, str]:
    return (indicator.vi, indicator.en) if indicator else (key, key)


def _number(value: Number) -> int | float:
    return value if isinstance(value, int) else float(value)
