"""Routes of plans: every printed figure beside the computed one, and every target beside where it stands."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from libs.common.errors import NotFound
from libs.common.http.access import ReadSession, reading
from libs.common.http.documents import document
from services.insight.answers import answer
from services.insight.indicators import service
from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.rules import LEVELS, Figure, Ledger, figure
from services.insight.plans import present
from services.insight.plans.comparison import Standing, compare
from services.insight.plans.facts import Plan, Printed, Target, plans, printed, targets
from services.insight.plans.schemas import ComparisonOut, ComparisonQuery, PlansOut, Scope, ScorecardOut

READ = "insight.plan.read"
PlanId = Annotated[str, Path(max_length=100)]
router = APIRouter(prefix="/insight/v1/plans", tags=["plans"])


@router.get("", responses=document(PlansOut))
async def list_plans(db: Annotated[ReadSession, reading(READ)]) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List the plans that records can be set beside."""
    return answer(PlansOut(items=[present.plan_out(plan) for plan in plans().values()]))


@router.get("/{plan}/comparison", responses=document(ComparisonOut))
async def read_comparison(plan: PlanId, query: Annotated[ComparisonQuery, Query()], db: Annotated[ReadSession, reading(READ)]) -> Response:
    """Set every printed figure beside the one computed from the organisation's records, as of the day the figure speaks of."""
    found = _plan(plan)
    figures = printed(plan)
    days = {row.as_of for row in figures if row.as_of}
    if not figures:
        raise NotFound(detail_vi=f"Kế hoạch “{plan}” chỉ có chỉ tiêu.", detail_en=f"The plan “{plan}” has targets only.")
    async with db.transaction() as connection:
        ledgers = {day: await service.ledger(connection, query.organisation, day) for day in sorted(days)}
    rows = [compare(row, _computed(row, ledgers), found.contradictions) for row in figures]
    return answer(present.comparison_out(catalogue(), found, query.organisation, rows))


@router.get("/{plan}/scorecard", responses=document(ScorecardOut))
async def read_scorecard(plan: PlanId, query: Annotated[Scope, Query()], db: Annotated[ReadSession, reading(READ)]) -> Response:
    """Set every target of the plan beside what records say; what no service measures yet is said to be so."""
    found, known = _plan(plan), catalogue()
    async with db.transaction() as connection:
        counted = await service.ledger(connection, query.organisation, query.as_of)
    items = [present.target_out(known, target, _reached(target, counted)) for target in targets(found.code)]
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
        items=items,
    )
    return answer(body)


def _plan(plan: str) -> Plan:
    found = plans().get(plan)
    if found is None:
        raise NotFound(detail_vi=f"Không có kế hoạch “{plan}”.", detail_en=f"There is no plan “{plan}”.")
    return found


def _computed(row: Printed, ledgers: Mapping[date, Ledger]) -> Figure | None:
    indicator = catalogue().find(row.key)
    if indicator is None or row.as_of is None:
        return None
    return figure(catalogue(), indicator, ledgers[row.as_of], row.level)


def _reached(target: Target, counted: Ledger) -> Figure | None:
    """Return the figure of a target; a level that is no level of schooling (`secondary`) has none."""
    indicator = catalogue().find(target.indicator)
    if indicator is None or target.level not in {None, *LEVELS}:
        return None
    return figure(catalogue(), indicator, counted, target.level)
