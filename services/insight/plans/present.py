"""Turns judged figures and targets into what is answered."""

from collections.abc import Mapping, Sequence

from services.insight.indicators import present
from services.insight.indicators.catalogue import Catalogue, Indicator
from services.insight.indicators.rules import Figure, State
from services.insight.plans.comparison import Compared, Verdict, counts, standing
from services.insight.plans.facts import Contradiction, Number, Plan, Printed, Target, printed, targets
from services.insight.plans.schemas import (
    ComparedOut,
    ComparisonOut,
    ConcernedOut,
    ContradictionOut,
    PlanOut,
    ScorecardOut,
    SummaryOut,
    TargetOut,
    UnprintedOut,
    ValueOut,
)
from services.insight.tables import Cell, Sheet

NOT_KNOWN = ("Chưa đo: chưa có chỉ số này.", "Not yet measured: there is no such indicator yet.")
COMPARISON_HEADER = (
    *(
        "figure",
        "label",
        "label_en",
        "year",
        "level",
        "as_of",
        "printed",
        "computed",
        "computed_text",
        "exact",
        "state",
        "explanation",
        "explanation_en",
    ),
    *("contradictions", "organisation"),
)
SCORECARD_HEADER = (
    *(
        "indicator",
        "label",
        "label_en",
        "year",
        "level",
        "target",
        "unit",
        "better",
        "computed",
        "numerator",
        "denominator",
        "state",
        "reason",
        "reason_en",
    ),
    *("reading", "reading_en", "note", "organisation", "as_of"),
)
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


def comparison_out(
    catalogue: Catalogue, plan: Plan, organisation: str, rows: Sequence[Compared], blanks: Sequence[tuple[Printed, Figure | None]]
) -> ComparisonOut:
    """Describe a whole comparison; `blanks` are the cells in which the plan prints nothing."""
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
        unprinted=[_unprinted_out(catalogue, cell, figure) for cell, figure in blanks],
        contradictions=[_contradiction_out(contradiction, by_figure) for contradiction in plan.contradictions],
    )


def comparison_sheet(body: ComparisonOut) -> Sheet:
    """Return a comparison as a table."""

    def row(item: ComparedOut) -> list[Cell]:
        values: list[Cell] = [item.figure, item.label, item.label_en, item.year, item.level, item.as_of, item.printed, item.computed]
        values += [item.computed_text, item.exact, item.state.value, item.explanation, item.explanation_en, ", ".join(item.contradictions)]
        return [*values, body.organisation]

    return Sheet("comparison", "Đối chiếu kế hoạch", COMPARISON_HEADER, [row(item) for item in body.figures])


def scorecard_sheet(body: ScorecardOut) -> Sheet:
    """Return a scorecard as a table."""

    def row(item: TargetOut) -> list[Cell]:
        values: list[Cell] = [item.indicator, item.label, item.label_en, item.year, item.level, item.target, item.unit, item.better]
        values += [
            item.computed,
            item.numerator,
            item.denominator,
            item.state.value,
            item.reason,
            item.reason_en,
            item.reading,
            item.reading_en,
            item.note,
        ]
        return [*values, body.organisation, body.as_of]

    return Sheet("scorecard", "Chỉ tiêu", SCORECARD_HEADER, [row(item) for item in body.items])


def target_out(catalogue: Catalogue, plan: Plan, target: Target, figure: Figure | None) -> TargetOut:
    """Describe a target and where it stands."""
    vi, en = present.reasons(catalogue, figure) if figure else NOT_KNOWN
    reading = plan.readings.get(target.indicator) or (figure.indicator.reading if figure else None)
    label, label_en = _labels(catalogue.find(target.indicator), target.indicator)
    counted = figure if figure and figure.state is not State.NOT_YET_MEASURED else None
    return TargetOut(
        indicator=target.indicator,
        measured_by=figure.indicator.key if figure else None,
        label=label,
        label_en=label_en,
        year=target.year,
        level=target.level,
        target=_number(target.value),
        unit=target.unit,
        better=target.better,
        note=target.note,
        computed=present.number(figure.value()) if figure else None,
        numerator=counted.numerator if counted else None,
        denominator=counted.denominator if counted else None,
        state=standing(target, figure),
        reason=vi,
        reason_en=en,
        reading=reading.vi if reading else None,
        reading_en=reading.en if reading else None,
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
        printed=value if isinstance(value, str) else _number(value or 0),
        computed=present.number(row.computed),
        computed_text=row.words,
        exact=present.number(row.figure.value()) if row.figure and row.printed.as_of else None,
        by_rounding=row.by_rounding,
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
    if row.verdict in {Verdict.NOT_YET_MEASURED, Verdict.SUPPRESSED}:
        return present.reasons(catalogue, row.figure) if row.figure else NOT_KNOWN
    return None, None


def _unprinted_out(catalogue: Catalogue, cell: Printed, figure: Figure | None) -> UnprintedOut:
    indicator = catalogue.find(cell.key)
    label, label_en = _labels(indicator, cell.key)
    vi, en = present.reasons(catalogue, figure) if figure else NOT_KNOWN
    return UnprintedOut(
        figure=cell.figure,
        key=cell.key,
        indicator=indicator.key if indicator else None,
        label=label,
        label_en=label_en,
        level=cell.level,
        as_of=cell.as_of,
        computed=present.number(figure.value()) if figure else None,
        reason=vi,
        reason_en=en,
    )


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
