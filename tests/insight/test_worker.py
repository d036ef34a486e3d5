import asyncio
import os
import sys
import time
from datetime import date

import httpx

from libs.common.events.envelope import Message
from libs.common.events.transport.postgres import PostgresTransport
from services.insight.copies.schemas import CountsOut
from tests.insight.support import Feed, asset, learner, member, post, province, school_class, school_year, spell
from tests.support.postgres import TestDatabase
from tests.support.tokens import AUDIENCE, Issuer

PATIENCE_SECONDS = 60.0
DAY = date(2017, 9, 1)
TOLD = [
    learner("An", spell("An", "A", "primary", DAY)),
    member("Bình", post("Bình", "A")),
    asset("máy", "A", "teaching_computer", 5),
    school_class("1A", "A", "2017-2018", "primary"),
    school_year("2017-2018", date(2017, 8, 21), date(2018, 5, 31)),
    *reversed(province()),
]
EXPECTED = dict.fromkeys(CountsOut.model_fields, 0) | {
    "organisations": 8,
    "classes": 1,
    "staff": 1,
    "learners": 1,
    "enrolments": 1,
    "school_years": 1,
    "assets": 1,
}


async def test_the_worker_process_keeps_the_read_model_from_the_bus(
    feed: Feed, client: httpx.AsyncClient, database: TestDatabase, bus: TestDatabase, issuer: Issuer
) -> None:
    transport = PostgresTransport(bus.url)
    await transport.ensure_topics({told.topic for told in TOLD})
    records = [told.record(position) for position, told in enumerate(TOLD)]
    await transport.send([Message(record.topic, record.key, record.headers, record.body) for record in records])
    await transport.close()
    settings = {
        "LIENTHONG_DATABASE_URL": database.url,
        "LIENTHONG_BUS_URL": bus.url,
        "LIENTHONG_ISSUER": issuer.url,
        "LIENTHONG_JWKS_URL": issuer.jwks_url,
        "LIENTHONG_AUDIENCE": AUDIENCE,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.insight.main", "worker", env={**os.environ, **settings})
    try:
        headers = issuer.headers("province_officer@P")
        deadline = time.monotonic() + PATIENCE_SECONDS
        counts: dict[str, int] = {}
        while counts != EXPECTED and time.monotonic() < deadline:
            assert process.returncode is None
            await asyncio.sleep(0.2)
            counts = (await client.get("/insight/v1/freshness", headers=headers)).json()["counts"]
        assert counts == EXPECTED
        assert await feed.rows("SELECT count(*) FROM dead_letter") == [(0,)]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
