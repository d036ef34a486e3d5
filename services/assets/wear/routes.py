"""Routes of wear: of one asset, of a year, runs and their results, and the rule set."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.assets.answers import answer
from services.assets.fields import Day
from services.assets.wear import queries, ruleset, service
from services.assets.wear.ruleset import RuleSetBody, RuleSetOut
from services.assets.wear.schemas import AssetWearOut, WearResultOut, WearRunCreate, WearRunOut, YearWearOut, YearWearQuery

RUNS = "/assets/v1/wear/runs"
router = APIRouter(prefix="/assets/v1", tags=["wear"])
Reader = Annotated[ReadSession, reading("assets.wear.read")]


@router.get("/assets/{asset_id}/wear", responses=document(AssetWearOut))
async def read_asset_wear(
    asset_id: UUID,
    db: Reader,
    as_of: Annotated[Day | None, Query(description="today unless given; the whole year of the day is told")] = None,
) -> Response:
    """Compute the wear of one asset until the year of a day, step by step."""
    day = as_of or today()
    async with db.transaction() as connection:
        return answer(await service.of_asset(connection, asset_id, day))


@router.get("/wear", responses=document(YearWearOut))
async def read_year_wear(query: Annotated[YearWearQuery, Query()], db: Reader) -> Response:
    """Compute a year's wear of everything that an organisation and all under it hold; nothing is stored."""
    async with db.transaction() as connection:
        return answer(await service.of_year(connection, query))


@router.get("/wear/rule-set", responses=document(RuleSetOut))
async def read_rule_set(db: Annotated[ReadSession, reading("assets.rule_set.read")]) -> Response:
    """Read the rule set in force."""
    async with db.transaction() as connection:
        return answer(await ruleset.newest(connection))


@router.post("/wear/rule-sets", status_code=201, responses=document(RuleSetOut, 201))
async def add_rule_set(body: RuleSetBody, db: Annotated[WriteSession, writing("assets.rule_set.add")]) -> Response:
    """Add the next version of the rules (the whole set); needs the permission for the whole platform."""
    await service.add_version(db, body)
    await db.flush()
    return db.answer(Response((await ruleset.newest(db.connection)).model_dump_json().encode(), 201, media_type="application/json"))


@router.get("/wear/runs", responses=page_of(WearRunOut))
async def list_wear_runs(db: Reader, page: Annotated[PageRequest, queries.RUNS.request()]) -> Response:
    """List the yearly runs in scope, the latest last."""
    return await db.page(queries.RUNS, page)


@router.post("/wear/runs", status_code=201, responses=document(WearRunOut, 201))
async def run_wear(body: WearRunCreate, db: Annotated[WriteSession, writing("assets.wear.run")]) -> Response:
    """Book the wear of a year for all assets of an organisation; before that December the run is provisional."""
    run_id = await service.run(db, body)
    return await db.created(queries.RUN, location=RUNS, key=run_id, run_id=run_id)


@router.get("/wear/runs/{run_id}", responses=document(WearRunOut))
async def read_wear_run(run_id: UUID, db: Reader) -> Response:
    """Read one run."""
    return await db.one(queries.RUN, run_id=run_id)


@router.get("/wear/runs/{run_id}/results", responses=page_of(WearResultOut))
async def list_wear_results(run_id: UUID, db: Reader, page: Annotated[PageRequest, queries.RESULTS.request()]) -> Response:
    """List what a run booked for each asset that the caller may see, with the steps that led there."""
    return await db.page(queries.RESULTS, page, of=queries.RUN, run_id=run_id)
