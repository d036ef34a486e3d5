"""The comparison on a read model as large as the province: 646 schools, 200,866 learners, 5,625 teachers, 25,000 assets."""

import asyncio
import logging
import math
import time

import asyncpg
import pytest

from services.insight.main import SERVICE
from services.insight.plans.schemas import ComparisonOut
from tests.support.postgres import TestDatabase
from tests.support.service import running
from tests.support.tokens import Issuer

LIMIT_SECONDS = 1.0
"""Best of the rounds: the machine may do other work too."""
ROUNDS = 5
PATH = "/insight/v1/plans/province-lao-cai-2018/comparison"
FILL = (
    """
    CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(name)::uuid $$""",
    """
    CREATE FUNCTION pg_temp.label(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT md5(name) $$""",
    """
    CREATE TEMPORARY TABLE node AS
    SELECT 'P' AS name, 'province' AS kind, NULL AS parent, '{}'::text[] AS levels, pg_temp.label('P') AS path
    UNION ALL
    SELECT 'C' || c, 'commune', 'P', '{}', pg_temp.label('P') || '.' || pg_temp.label('C' || c) FROM generate_series(0, 98) c
    UNION ALL
    SELECT 'S' || s, 'school', 'C' || s % 99, ARRAY[(ARRAY['preschool', 'primary', 'lower_secondary', 'upper_secondary'])[1 + s % 4]],
        pg_temp.label('P') || '.' || pg_temp.label('C' || s % 99) || '.' || pg_temp.label('S' || s) FROM generate_series(0, 645) s""",
    """
    INSERT INTO organisation_path (organisation_id, code, name, kind, parent_id, path)
    SELECT pg_temp.id(name), name, name, kind, pg_temp.id(parent), path::ltree FROM node""",
    """
    INSERT INTO organisation_version (organisation_id, valid_from, code, name, kind, parent_id, levels, attributes, path)
    SELECT pg_temp.id(name), '2010-01-01', name, name, kind, pg_temp.id(parent), levels, '{"has_website": true}', path::ltree FROM node""",
    "INSERT INTO school_year VALUES ('2017-2018', '2017-08-21', '2018-05-31', 1)",
    """
    INSERT INTO class (class_id, school_id, school_year, grade, level, studies_informatics, version)
    SELECT pg_temp.id('class ' || n), pg_temp.id('S' || n % 646), '2017-2018', 1, (ARRAY['preschool', 'primary', 'lower_secondary',
        'upper_secondary'])[1 + n % 646 % 4], n % 2 = 0, 1 FROM generate_series(1, 8572) n""",
    """
    INSERT INTO spell (enrolment_id, learner_id, school_id, class_id, school_year, grade, level, studies_informatics, valid_from, version)
    SELECT pg_temp.id('spell ' || n), pg_temp.id('learner ' || n), pg_temp.id('S' || n % 646), pg_temp.id('class ' || n % 8572),
        '2017-2018', 3, (ARRAY['preschool', 'primary', 'lower_secondary', 'upper_secondary'])[1 + n % 646 % 4], n % 2 = 0, '2017-09-01', 1
    FROM generate_series(1, 200866) n""",
    """
    INSERT INTO post (post_id, staff_id, organisation_id, role, subject, degree, uses_it, makes_elearning, valid_from)
    SELECT pg_temp.id('post ' || n), pg_temp.id('staff ' || n), pg_temp.id('S' || n % 646), 'teacher',
        CASE WHEN n % 14 = 0 THEN 'informatics' END, 'university', n % 10 > 0, n % 3 = 0, '2015-09-01' FROM generate_series(1, 5625) n""",
    "INSERT INTO staff SELECT staff_id, 1 FROM post",
    """
    INSERT INTO asset (asset_id, organisation_id, kind, class_code, quantity, online, valid_from, version)
    SELECT pg_temp.id('asset ' || n), pg_temp.id('S' || n % 646), 'device', (ARRAY['teaching_computer', 'printer', 'projector'])[1 + n % 3],
        1, true, '2014-09-01', 1 FROM generate_series(1, 25000) n""",
    """
    INSERT INTO asset (asset_id, organisation_id, kind, class_code, quantity, provider, valid_from, version)
    SELECT pg_temp.id('line ' || n), pg_temp.id('S' || n), 'line', 'ftth', 1, 'vnpt', '2014-09-01', 1 FROM generate_series(0, 639) n""",
    """
    INSERT INTO norm (norm_id, norm, level, value, valid_from, legal_basis, certainty, version)
    SELECT pg_temp.id('norm ' || level), 'learners_per_computer', level, 15, '2016-10-07', '…', 'medium', 1
    FROM unnest(ARRAY['primary', 'lower_secondary']) AS level""",
    "ANALYZE",
)


@pytest.fixture(scope="module")
def province(database: TestDatabase) -> TestDatabase:
    asyncio.run(_fill(database))
    return database


async def _fill(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    for statement in FILL:
        await connection.execute(statement)
    await connection.close()


@pytest.mark.bench
@pytest.mark.parametrize("grant", ["province_officer@P", "teacher@P"])
async def test_the_comparison_stays_quick_on_a_whole_province(
    province: TestDatabase, bus: TestDatabase, issuer: Issuer, grant: str
) -> None:
    headers = issuer.headers(grant)
    async with running(SERVICE, province, bus, issuer) as client:
        answer = await client.get(PATH, params={"organisation": "P"}, headers=headers)
        seconds = math.inf
        for _ in range(ROUNDS):
            started = time.perf_counter()
            answer = await client.get(PATH, params={"organisation": "P"}, headers=headers)
            seconds = min(seconds, time.perf_counter() - started)
    rows = {row.figure: row for row in ComparisonOut.model_validate_json(answer.content).figures}
    assert rows["totals.schools"].computed == 646
    assert rows["internet.connected"].computed == 640
    assert seconds < LIMIT_SECONDS, seconds
    logging.getLogger(__name__).info("%s: %.2f s", grant, seconds)
