"""Routes of plans: every printed figure beside the computed one, and every target beside where it stands."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from libs.common.access import ReadSession, reading
from libs.common.errors import NotFound
from libs.common.http.documents import document
from libs.common.rounding import Rounding
from services.insight.answers import answer, answer_table, tabular
from services.insight.indicators import service
from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.ledger import LEVELS
from services.insight.indicators.rules import Figure
from services.insight.indicators.service import Book, Question
from services.insight.plans import present
from services.insight.plans.comparison import Compared, Standing, compare
from services.insight.plans.facts import Plan, Printed, Target, cells, plans, printed, targets, unprinted
from services.insight.plans.schemas import ComparisonOut, ComparisonQuery, PlansOut, Scope, ScorecardOut

READ = "insight.plan.read"
ROUNDED = ("computers_needed", "computers_missing")
PlanId = Annotated[str, Path(max_length=100)]
router = APIRouter(prefix="/insight/v1/plans", tags=["plans"])


@router.get("", responses=document(PlansOut))
async def list_plans(db: Annotated[ReadSession, reading(READ)]) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List the plans that records can be set beside."""
    return answer(PlansOut(items=[present.plan_out(plan) for plan in plans().values()]))


@router.get("/{plan}/comparison", responses=tabular(ComparisonOut))
async def read_comparison(
    request: Request, plan: PlanId, query: Annotated[ComparisonQuery, Query()], db: Annotated[ReadSession, reading(READ)]
) -> Response:
    """Set every printed figure beside the one computed from records as of the day it speaks of. Also as CSV or Excel."""
    found = _plan(plan)
    if not printed(plan):
        raise NotFound(detail_vi=f"Kế hoạch “{plan}” chỉ có chỉ tiêu.", detail_en=f"The plan “{plan}” has targets only.")
    days = {cell.as_of for cell in cells(plan) if cell.as_of}
    async with db.transaction() as connection:
        questions = [Question(query.organisation, day, catalogue().indicators, query.rounding) for day in sorted(days)]
        books = {question.on: await service.book(connection, db.principal, question) for question in questions}
    rows = [_compared(row, found, books) for row in printed(plan)]
    blanks = [(cell, _computed(cell, books)) for cell in unprinted(plan)]
    body = present.comparison_out(catalogue(), found, query.organisation, rows, blanks)
    return answer_table(request, body, lambda: present.comparison_sheet(body))


@router.get("/{plan}/scorecard", responses=tabular(ScorecardOut))
async def read_scorecard(
    request: Request, plan: PlanId, query: Annotated[Scope, Query()], db: Annotated[ReadSession, reading(READ)]
) -> Response:
    """Set every target of the plan beside what records say; what no service measures yet is said to be so. Also as CSV or Excel."""
    found, known = _plan(plan), catalogue()
    async with db.transaction() as connection:
        book = await service.book(connection, db.principal, Question(query.organisation, query.as_of, known.indicators))
    items = [present.target_out(known, found, target, _reached(found, target, book)) for target in targets(found.code)]
    states = [item.state for item in items]
    body = ScorecardOut(
        plan=plan,
        label=found.vi,
        label_en=found.en,
        organisation=query.organisation,
        as_of=query.as_of,
        reached=states.count(Standing.REACHED),
        open=states.count(Standing.OPEN),
        not_yet_measured=states.count(Standing.NOT_YET_MEASURED),
        suppressed=states.count(Standing.SUPPRESSED),
        items=items,
    )
    return answer_table(request, body, lambda: present.scorecard_sheet(body))


def _plan(plan: str) -> Plan:
    found = plans().get(plan)
    if found is None:
        raise NotFound(detail_vi=f"Không có kế hoạch “{plan}”.", detail_en=f"There is no plan “{plan}”.")
    return found


def _compared(row: Printed, plan: Plan, books: Mapping[date, Book]) -> Compared:
    """Judge a printed figure; of a need, say also what other ways of rounding give."""
    found = compare(row, _computed(row, books), plan.contradictions)
    if row.as_of is None or row.key not in ROUNDED or found.computed is None:
        return found
    ways = {rounding: _computed(row, {row.as_of: books[row.as_of].rounded(rounding)}) for rounding in Rounding}
    return replace(found, by_rounding={rounding: int(way.value() or 0) for rounding, way in ways.items() if way})


def _computed(row: Printed, books: Mapping[date, Book]) -> Figure | None:
    indicator = catalogue().find(row.key)
    if indicator is None or row.as_of is None:
        return None
    return books[row.as_of].figure(indicator, row.level)


def _reached(plan: Plan, target: Target, book: Book) -> Figure | None:
    """Return the figure of a target; at a level that is no level of schooling (`secondary`) nothing is counted."""
    reading = plan.readings.get(target.indicator)
    indicator = catalogue().find(reading.indicator if reading else target.indicator)
    if indicator is None:
        return None
    known = target.level in {None, *LEVELS}
    return book.figure(indicator, target.level if known else None) if known or not indicator.computable else None
