"""Need and wear for all assets of a province, beside reading their rows; and a stored run of the year."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import asyncpg

from libs.common.auth.principal import Grant, Principal
from libs.common.db.engine import READ_SETTINGS, SERVER_SETTINGS
from services.assets.need import service as need
from services.assets.need.schemas import NeedQuery
from services.assets.wear import service as wear
from services.assets.wear.schemas import YearWearQuery
from tests.bench.figures import Figure, duration
from tests.support.postgres import TestDatabase, server

SCHOOLS, LEARNERS, ASSETS, YEAR = 646, 200_866, 20_000, 2026
REACH = 5.0
ROUNDS = 7
NAMES = ("assets.need_and_wear", "assets.wear_run")
VERSIONS = Path("services/assets/migrations/versions")
# A province with its plan's learners and, one record a piece, its computers, printers, projectors, screens, rooms and lines; costs differ
# from piece to piece, so that hardly two assets are alike: the worst case for an engine that works once for like assets.
FILL = (
    """INSERT INTO organisation_path (organisation_id, code, name, kind, parent_id, path)
       SELECT i, 'P', 'Tỉnh', 'province', NULL, text2ltree(replace(i::text, '-', '')) FROM new_id() AS i""",
    """INSERT INTO organisation_path (organisation_id, code, name, kind, parent_id, path)
       SELECT i.id, 'S' || n, 'Trường ' || n, 'school', p.organisation_id, p.path || text2ltree(replace(i.id::text, '-', ''))
       FROM generate_series(1, $1::int) AS n, organisation_path p, LATERAL (SELECT new_id() AS id WHERE n > 0) i WHERE p.code = 'P'""",
    """INSERT INTO learner_spell (enrolment_id, school_id, level, valid_from, version)
       SELECT new_id(), o.organisation_id, CASE WHEN n % 7 < 4 THEN 'primary' ELSE 'lower_secondary' END, '2025-09-05', 1
       FROM generate_series(1, $1::int) AS n JOIN organisation_path o ON o.code = 'S' || (1 + n % $2::int)""",
    """INSERT INTO asset (asset_id, organisation_id, asset_code, kind, class_code, level, cost, first_used_on, valid_from,
           organisation_path)
       SELECT new_id(), o.organisation_id, 'A' || n, 'device',
           (ARRAY['teaching_computer', 'teaching_computer', 'teaching_computer', 'management_computer', 'printer', 'projector'])[1 + n % 6],
           CASE WHEN n % 2 = 0 THEN 'primary' ELSE 'lower_secondary' END, 10000000 + n * 7919 % 20000000,
           date '2016-01-15' + n * 31 % 3900, date '2016-01-15' + n * 31 % 3900, o.path
       FROM generate_series(1, $1::int) AS n JOIN organisation_path o ON o.code = 'S' || (1 + n % $2::int)""",
)
ARGUMENTS: tuple[tuple[int, ...], ...] = ((), (SCHOOLS,), (LEARNERS, SCHOOLS), (ASSETS, SCHOOLS))
OFFICER = Principal("bench", (Grant("province_officer", "P"),), frozenset(), 0.0, 0.0, session_id="bench")
SCOPE = "SELECT open_scope('{P}', NULL, 'bench')"
Work = Callable[[Any], Awaitable[Any]]


async def fill(database: TestDatabase) -> None:
    """Write the province."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        for statement, arguments in zip(FILL, ARGUMENTS, strict=True):
            await connection.execute(statement, *arguments)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def read_rows(connection: Any) -> int:
    """Read every asset as the caller sees it: what any computation over them must at least do."""
    return len(await connection.fetch("SELECT * FROM asset"))


async def compute(connection: Any) -> tuple[Any, Any]:
    """Compute what GET /need and GET /wear of the province answer."""
    needed = await need.need(connection, NeedQuery(organisation="P"), OFFICER)
    worn = await wear.of_year(connection, YearWearQuery(organisation="P", year=YEAR))
    if (needed.total.learners, worn.assets) != (LEARNERS, ASSETS) or not worn.wear:
        raise AssertionError(needed.total, worn.assets)
    return needed, worn


async def store(connection: Any) -> None:
    """Book the year for every asset, as POST /wear/runs does once its run is noted."""
    run_id = await connection.fetchval(
        "INSERT INTO wear_run (run_id, organisation_id, year, rule_set_id, rule_set_version, provisional, actor, organisation_path) "
        "SELECT new_id(), organisation_id, 2026, 'public-assets', 1, false, 'bench', path FROM organisation_path WHERE code = 'P' "
        "RETURNING run_id"
    )
    sums = await wear.book(
        connection, run_id, (await connection.fetchval("SELECT path::text FROM organisation_path WHERE code = 'P'")), YEAR
    )
    if sums["assets"] != ASSETS:
        raise AssertionError(sums)


async def timed(connection: Any, work: Work) -> float:
    """Return the seconds of one round in a transaction of its own, under the province's scope."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(SCOPE)
    started = time.perf_counter()
    await work(connection)
    seconds = time.perf_counter() - started
    await transaction.rollback()
    return seconds


async def compare(database: TestDatabase) -> list[Figure]:
    """Time reading, computing and storing in turns."""
    await fill(database)
    connection = await asyncpg.connect(database.url, server_settings=SERVER_SETTINGS | READ_SETTINGS)
    try:
        rounds = [[await timed(connection, work) for work in (read_rows, compute, store)] for _ in range(ROUNDS)]
    finally:
        await connection.close()
    return [
        duration(NAMES[0], [(computing, reading) for reading, computing, _ in rounds], REACH),
        duration(NAMES[1], [(storing, reading) for reading, _, storing in rounds], REACH * 2),
    ]


def measure(_names: Collection[str]) -> Iterator[Figure]:
    """Yield the figures on a fresh database."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "postgres") as postgres:
        database = postgres.database("assets", VERSIONS)
        try:
            yield from asyncio.run(compare(database))
        finally:
            postgres.drop(database)
