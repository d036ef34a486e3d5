"""Turns computed figures into what is answered, with a reason in both languages wherever there is no value."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from libs.common.rounding import Rounding
from services.insight.indicators.catalogue import Catalogue, Indicator
from services.insight.indicators.ledger import LEVELS
from services.insight.indicators.rules import Figure, State
from services.insight.indicators.schemas import (
    CoverageOut,
    FigureOut,
    FiguresOut,
    IndicatorOut,
    KindOut,
    NeedOut,
    NeedsOut,
    RecordOut,
    RoundedOut,
)
from services.insight.indicators.service import Book
from services.insight.tables import Cell, Sheet

UNDEFINED = ("Mẫu số bằng không nên không có tỷ lệ.", "There is nothing to take a share of.")
SUPPRESSED = (
    "Không công bố: số người quá nhỏ, hoặc làm lộ một số quá nhỏ.",
    "Suppressed: the number of people is too small, or would give a small one away.",
)
NEED_KEYS = ("learners", "learners_per_computer_norm", "teaching_computers", "computers_needed", "computers_missing")
FIGURE_HEADER = (
    *("key", "label", "label_en", "unit", "level", "value", "numerator", "denominator", "state", "reason", "reason_en"),
    *("with_records", "schools", "organisation", "as_of"),
)
RECORD_HEADER = ("organisation", "name", "kind", "contribution", "denominator", "key", "label", "level", "as_of")
NEED_HEADER = (
    *("level", "learners", "learners_per_computer", "legal_basis", "certainty", "present", "needed", "missing"),
    *(f"{name}_{rounding.value}" for rounding in Rounding for name in ("needed", "missing")),
    *("rounding", "organisation", "as_of"),
)


def reasons(catalogue: Catalogue, figure: Figure) -> tuple[str | None, str | None]:
    """Return why a figure has no value, in Vietnamese and English; None twice when it has one."""
    if figure.state is State.MEASURED:
        return None, None
    if figure.state in {State.UNDEFINED, State.SUPPRESSED}:
        return UNDEFINED if figure.state is State.UNDEFINED else SUPPRESSED
    kinds = [catalogue.kinds[kind] for kind in figure.missing]
    vi, en = ", ".join(kind.vi for kind in kinds), ", ".join(kind.en for kind in kinds)
    return f"Chưa đo: chưa nhận được dữ liệu về {vi}.", f"Not yet measured: no records of {en} have come in."


def number(value: int | Decimal | None) -> int | float | None:
    """Return a value as a JSON number: one that was rounded to whole numbers as a whole number."""
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    return value


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


def record_outs(book: Book, figure: Figure) -> list[RecordOut]:
    """Describe the organisations behind a figure, in the order of their codes; those that are kept back are left out."""
    organisations = book.ledger.organisations
    return [
        RecordOut(
            organisation=organisations[part.organisation_id].code,
            name=organisations[part.organisation_id].name,
            kind=organisations[part.organisation_id].kind,
            contribution=part.numerator,
            denominator=part.denominator,
        )
        for part in book.told(figure)
    ]


def figures_sheet(body: FiguresOut) -> Sheet:
    """Return figures as a table."""
    return Sheet("figures", "Số liệu", FIGURE_HEADER, [_figure_row(body, item) for item in body.items])


def _figure_row(body: FiguresOut, item: FigureOut) -> list[Cell]:
    values: list[Cell] = [item.key, item.label, item.label_en, item.unit, item.level, item.value, item.numerator, item.denominator]
    values += [item.state.value, item.reason, item.reason_en, item.coverage.with_records, item.coverage.schools]
    return [*values, body.organisation, body.as_of]


def records_sheet(figure: FigureOut, as_of: date, items: Iterable[RecordOut]) -> Sheet:
    """Return the organisations behind a figure as a table."""
    about: list[Cell] = [figure.key, figure.label, figure.level, as_of]
    rows = [[item.organisation, item.name, item.kind, item.contribution, item.denominator, *about] for item in items]
    return Sheet("records", "Đơn vị đóng góp", RECORD_HEADER, rows)


def needs_sheet(body: NeedsOut) -> Sheet:
    """Return the computers needed as a table, the sum of all levels last."""
    return Sheet("needs", "Nhu cầu máy tính", NEED_HEADER, [_need_row(body, item) for item in body.items])


def _need_row(body: NeedsOut, item: NeedOut) -> list[Cell]:
    values: list[Cell] = [item.level, item.learners, item.learners_per_computer, item.legal_basis, item.certainty]
    values += [item.present, item.needed, item.missing]
    for rounding in Rounding:
        values += [item.by_rounding[rounding].needed, item.by_rounding[rounding].missing]
    return [*values, body.rounding.value, body.organisation, body.as_of]


def needs_out(catalogue: Catalogue, book: Book, organisation: NeedsOut) -> NeedsOut:
    """Fill in the computers needed: a row for each level that a norm holds for, then one for all."""
    rounded = {rounding: book.rounded(rounding) for rounding in Rounding}
    levels = [level for level in LEVELS if level in book.ledger.norms.learners_per_computer and book.ledger.at_level(level)]
    items = [_need_out(catalogue, rounded, organisation.rounding, level) for level in (*levels, None)]
    return organisation.model_copy(update={"items": items})


def _need_out(catalogue: Catalogue, books: dict[Rounding, Book], chosen: Rounding, level: str | None) -> NeedOut:
    def value(key: str, rounding: Rounding = chosen) -> int | None:
        found = books[rounding].figure(catalogue.get(key), level).value()
        return None if found is None else int(found)

    ways = {
        rounding: RoundedOut(needed=value("computers_needed", rounding), missing=value("computers_missing", rounding))
        for rounding in Rounding
    }
    norm = books[chosen].figure(catalogue.get("learners_per_computer_norm"), level).value()
    rule = books[chosen].ledger.norms.learners_per_computer.get(level or "")
    return NeedOut(
        level=level,
        learners=value("learners"),
        learners_per_computer=None if norm is None else float(norm),
        legal_basis=rule.legal_basis if rule else None,
        certainty=rule.certainty if rule else None,
        present=value("teaching_computers"),
        needed=ways[chosen].needed,
        missing=ways[chosen].missing,
        by_rounding=ways,
    )


def indicator_out(catalogue: Catalogue, indicator: Indicator) -> IndicatorOut:
    """Describe an indicator."""
    return IndicatorOut(
        key=indicator.key,
        label=indicator.vi,
        label_en=indicator.en,
        unit=indicator.unit,
        sources=[KindOut(key=kind, label=catalogue.kinds[kind].vi, label_en=catalogue.kinds[kind].en) for kind in indicator.sources],
        share_of=list(indicator.share) if indicator.share else None,
        ratio_of=list(indicator.ratio) if indicator.ratio else None,
        aliases=list(indicator.aliases),
        reading=indicator.reading.vi if indicator.reading else None,
        reading_en=indicator.reading.en if indicator.reading else None,
        computable=indicator.computable,
    )
