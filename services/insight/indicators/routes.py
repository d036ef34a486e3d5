"""Routes of indicators: the catalogue, figures of an organisation, and the organisations behind a figure."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from libs.common.access import ReadSession, reading
from libs.common.errors import CursorMismatch, FieldError, Invalid, NotFound
from libs.common.http.documents import document
from libs.common.http.paging import decode_cursor, encode_cursor
from libs.common.validation import did_you_mean
from services.insight.answers import answer, answer_table, tabular
from services.insight.indicators import present, service
from services.insight.indicators.catalogue import Indicator, catalogue
from services.insight.indicators.needs import norms_file
from services.insight.indicators.schemas import (
    FigureQuery,
    FiguresOut,
    IndicatorsOut,
    NeedQuery,
    NeedsOut,
    RecordQuery,
    RecordsOut,
)
from services.insight.indicators.service import Question

READ = "insight.figure.read"
router = APIRouter(prefix="/insight/v1", tags=["figures"])


@router.get("/indicators", responses=document(IndicatorsOut))
async def list_indicators(db: Annotated[ReadSession, reading(READ)]) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List everything that can be asked for."""
    known = catalogue()
    return answer(IndicatorsOut(items=[present.indicator_out(known, indicator) for indicator in known.indicators]))


@router.get("/figures", responses=tabular(FiguresOut))
async def read_figures(request: Request, query: Annotated[FigureQuery, Query()], db: Annotated[ReadSession, reading(READ)]) -> Response:
    """Compute figures of an organisation as of a day; what has no records behind it is not yet measured. Also as CSV or Excel."""
    known, wanted = catalogue(), _wanted(query.key)
    async with db.transaction() as connection:
        book = await service.book(connection, db.principal, Question(query.organisation, query.as_of, wanted, query.rounding))
    items = [present.figure_out(known, book.figure(indicator, query.level)) for indicator in wanted]
    body = FiguresOut(organisation=query.organisation, as_of=query.as_of, items=items)
    return answer_table(request, body, lambda: present.figures_sheet(body))


@router.get("/needs/computers", responses=tabular(NeedsOut))
async def read_computer_needs(
    request: Request, query: Annotated[NeedQuery, Query()], db: Annotated[ReadSession, reading(READ)]
) -> Response:
    """Tell how many computers each level needs, has and lacks, and what other ways of rounding would give. Also as CSV or Excel."""
    async with db.transaction() as connection:
        wanted = [catalogue().get(key) for key in present.NEED_KEYS]
        book = await service.book(connection, db.principal, Question(query.organisation, query.as_of, wanted, query.rounding))
    rounding = query.rounding or norms_file().rounding
    asked = NeedsOut(organisation=query.organisation, as_of=query.as_of, rounding=rounding, items=[])
    body = present.needs_out(catalogue(), book, asked)
    return answer_table(request, body, lambda: present.needs_sheet(body))


@router.get("/figures/{key}/records", responses=tabular(RecordsOut))
async def read_records(
    request: Request,
    key: Annotated[str, Path(max_length=100)],
    query: Annotated[RecordQuery, Query()],
    db: Annotated[ReadSession, reading(READ)],
) -> Response:
    """List the organisations behind a figure, each with what it contributes. Also as CSV or Excel: then all of them, not a page."""
    known, indicator = catalogue(), catalogue().find(key)
    if indicator is None:
        raise NotFound(detail_vi=f"Không có chỉ số “{key}”.", detail_en=f"There is no indicator “{key}”.")
    async with db.transaction() as connection:
        book = await service.book(connection, db.principal, Question(query.organisation, query.as_of, [indicator], query.rounding))
    found = book.figure(indicator, query.level)
    question = [indicator.key, query.organisation, query.as_of.isoformat(), query.level or "", query.rounding or ""]
    start = _start(query.cursor, question)
    items = present.record_outs(book, found)
    end = start + query.limit
    following = encode_cursor([*question, str(end)]) if end < len(items) else None
    body = RecordsOut(
        figure=present.figure_out(known, found),
        as_of=query.as_of,
        items=items[start:end],
        suppressed=len(found.contributions) - len(items),
        next=following,
    )
    return answer_table(request, body, lambda: present.records_sheet(body.figure, query.as_of, items))


def _wanted(keys: list[str]) -> list[Indicator]:
    known = catalogue()
    faults = [_unknown(key) for key in keys if known.find(key) is None]
    if faults:
        raise Invalid(errors=faults)
    return [known.get(key) for key in keys] or list(known.indicators)


def _unknown(key: str) -> FieldError:
    near = did_you_mean(key, [name for indicator in catalogue().indicators for name in (indicator.key, *indicator.aliases)])
    vi, en = f"Không có chỉ số “{key}”.", f"There is no indicator “{key}”."
    if near:
        vi, en = f"{vi} Có phải ý bạn là “{near}”?", f"{en} Did you mean “{near}”?"
    return FieldError(pointer="query/key", code="unknown_indicator", vi=vi, en=en)


def _start(cursor: str | None, question: list[str]) -> int:
    """Return where a page starts; raises CursorMismatch when the cursor belongs to another question."""
    if cursor is None:
        return 0
    *asked, start = decode_cursor(cursor, len(question) + 1)
    if asked != question or not start.isdecimal():
        raise CursorMismatch
    return int(start)
