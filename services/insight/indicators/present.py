"""Turns computed figures into what is answered, with a reason in both languages wherever there is no value."""

from decimal import Decimal

from services.insight.indicators.catalogue import Catalogue, Indicator
from services.insight.indicators.rules import Figure, Ledger, State
from services.insight.indicators.schemas import CoverageOut, FigureOut, IndicatorOut, KindOut, RecordOut


def reasons(catalogue: Catalogue, figure: Figure) -> tuple[str | None, str | None]:
    """Return why a figure has no value, in Vietnamese and English; None twice when it has one."""
    if figure.state is State.MEASURED:
        return None, None
    if figure.state is State.UNDEFINED:
        return "Mẫu số bằng không nên không có tỷ lệ.", "There is nothing to take a share of."
    kinds = [catalogue.kinds[kind] for kind in figure.missing]
    vi, en = ", ".join(kind.vi for kind in kinds), ", ".join(kind.en for kind in kinds)
    return f"Chưa đo: chưa nhận được dữ liệu về {vi}.", f"Not yet measured: no records of {en} have come in."


def number(value: int | Decimal | None) -> int | float | None:
    """Return a value as a JSON number."""
    return float(value) if isinstance(value, Decimal) else value


def figure_out(catalogue: Catalogue, figure: Figure) -> FigureOut:
    """Describe a figure."""
    indicator, measured = figure.indicator, figure.state is not State.NOT_YET_MEASURED
    vi, en = reasons(catalogue, figure)
    return FigureOut(
        key=indicator.key,
        label=indicator.vi,
        label_en=indicator.en,
        unit=indicator.unit,
        level=figure.level,
        value=number(figure.value()),
        numerator=figure.numerator if measured else None,
        denominator=figure.denominator if measured else None,
        state=figure.state,
        reason=vi,
        reason_en=en,
        coverage=CoverageOut(with_records=figure.coverage.with_records, schools=figure.coverage.schools),
    )


def record_outs(ledger: Ledger, figure: Figure) -> list[RecordOut]:
    """Describe the organisations behind a figure, in the order of their codes."""
    return [
        RecordOut(
            organisation=ledger.organisations[part.organisation_id].code,
            name=ledger.organisations[part.organisation_id].name,
            kind=ledger.organisations[part.organisation_id].kind,
            contribution=part.numerator,
            denominator=part.denominator,
        )
        for part in figure.contributions
    ]


def indicator_out(catalogue: Catalogue, indicator: Indicator) -> IndicatorOut:
    """Describe an indicator."""
    return IndicatorOut(
        key=indicator.key,
        label=indicator.vi,
        label_en=indicator.en,
        unit=indicator.unit,
        sources=[KindOut(key=kind, label=catalogue.kinds[kind].vi, label_en=catalogue.kinds[kind].en) for kind in indicator.sources],
        share_of=list(indicator.share) if indicator.share else None,
        aliases=list(indicator.aliases),
        computable=indicator.computable,
    )
