"""One home for norms: assets sets and tells them, insight copies them, and both compute the same need."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from libs.common.clock import today
from libs.common.events.apply import Applier
from libs.common.events.consumer import Consumer
from libs.common.events.envelope import Record
from libs.common.events.outbox import to_message
from libs.common.events.topics import ASSETS_NORM
from services.assets.copies.consumers import CONSUMERS as ASSETS
from services.assets.main import SERVICE as ASSETS_SERVICE
from services.insight.copies.consumers import CONSUMERS as INSIGHT
from services.insight.indicators.needs import Norm, norms_on
from tests.insight.support import MOMENT, Feed, learner, norm, norms, province, spell
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import running
from tests.support.tokens import Issuer

SINCE = date(2017, 9, 1)
LEARNERS = {("A", "primary"): 62, ("A", "lower_secondary"): 16, ("B", "primary"): 7, ("C", "lower_secondary"): 40}
COMPUTERS = {("A", "primary"): 4, ("B", "primary"): 3, ("C", "lower_secondary"): 1}
TAKE = "DELETE FROM outbox RETURNING *"
COPY = "SELECT level, value, valid_from, valid_to, version FROM norm ORDER BY level, valid_from"


async def apply(consumers: Sequence[Consumer], connection: Any, records: Sequence[Record]) -> None:
    for consumer in consumers:
        mine = [record for record in records if record.topic in {topic.name for topic in consumer.topics}]
        failure = await Applier(consumer).advance(connection, mine) if mine else None
        assert failure is None, failure.reason


@dataclass
class Two:
    """Both services; `log` is all that assets has told, in its order."""

    assets: httpx.AsyncClient
    insight: httpx.AsyncClient
    of_assets: Any
    feed: Feed
    headers: dict[str, str]
    log: list[Record] = field(default_factory=list)

    async def pass_on(self) -> None:
        """Give insight what assets has told since."""
        rows = sorted(await self.of_assets.fetch(TAKE), key=lambda row: row["outbox_id"])
        told = [to_message(row) for row in rows]
        new = [Record(one.topic, 0, len(self.log) + place, one.key, one.headers, one.body, MOMENT) for place, one in enumerate(told)]
        self.log += new
        await apply(INSIGHT, self.feed.connection, new)

    async def set(self, level: str, since: date, value: int, **others: Any) -> None:
        body = {"value": value, "legal_basis": f"Quyết định {value}", "certainty": "high"} | others
        answer = await self.assets.put(f"/assets/v1/norms/learners_per_computer/{level}/{since}", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text

    async def needs(self, organisation: str, day: date) -> dict[str, tuple[Any, ...]]:
        """Return learners, norm, need, computers, what is missing and the legal basis by level: the same from both."""
        query: dict[str, Any] = {"organisation": organisation, "as_of": str(day)}
        roundings = ["up", "down", "nearest"]
        one = (await self.assets.get("/assets/v1/need", params=query | {"rounding": roundings}, headers=self.headers)).json()
        other = (await self.insight.get("/insight/v1/needs/computers", params=query, headers=self.headers)).json()
        rows = {row["level"]: row for row in other["items"]}
        for way in (one, *one["compared"]):
            total = rows[None]["by_rounding"][way["rounding"]]
            assert (total["needed"], total["missing"]) == (way["total"]["needed"], way["total"]["missing"])
        theirs = {level["level"]: _of_assets(level) for level in one["levels"] if level["norm"]}
        ours = {level: _of_insight(row) for level, row in rows.items() if level}
        assert ours == theirs
        return ours


def _of_assets(level: dict[str, Any]) -> tuple[Any, ...]:
    norm = level["norm"]
    of_norm = (norm["value"], norm["legal_basis"], norm["certainty"])
    return (level["learners"], level["needed"], level["present"], level["missing"], *of_norm)


def _of_insight(row: dict[str, Any]) -> tuple[Any, ...]:
    of_norm = (row["learners_per_computer"], row["legal_basis"], row["certainty"])
    return (row["learners"], row["needed"], row["present"], row["missing"], *of_norm)


@pytest.fixture
def assets_database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("assets", ASSETS_SERVICE.versions)
    yield made
    postgres.drop(made)


@pytest.fixture
async def two(
    feed: Feed, client: httpx.AsyncClient, assets_database: TestDatabase, bus: TestDatabase, issuer: Issuer
) -> AsyncIterator[Two]:
    """Both services with the same schools and learners; computers are recorded in assets, which tells insight."""
    pupils = [
        learner(f"{school} {level} {number}", spell(f"{school} {level} {number}", school, level, SINCE))
        for (school, level), count in LEARNERS.items()
        for number in range(count)
    ]
    registry = [one.record(position) for position, one in enumerate([*province(), *pupils])]
    connection = await asyncpg.connect(assets_database.url)
    async with running(ASSETS_SERVICE, assets_database, bus, issuer) as assets:
        made = Two(assets, client, connection, feed, issuer.headers("platform_admin@*"))
        await apply(ASSETS, connection, registry)
        await apply(INSIGHT, feed.connection, registry)
        for (school, level), count in COMPUTERS.items():
            body = {"organisation_code": school, "asset_code": level, "class_code": "teaching_computer", "level": level}
            answer = await assets.post("/assets/v1/assets", json=body | {"quantity": count, "valid_from": str(SINCE)}, headers=made.headers)
            assert answer.status_code == 201, answer.text
        await made.pass_on()
        yield made
    await connection.close()


async def test_a_norm_set_in_assets_changes_both_needs_alike_and_leaves_the_days_before(two: Two) -> None:
    day = today()
    before = day - timedelta(days=1)
    as_it_was = await two.needs("A", before)
    assert {level: row[:5] for level, row in as_it_was.items()} == {"primary": (62, 5, 4, 1, 15), "lower_secondary": (16, 2, 0, 2, 15)}
    assert "225/QĐ-UBND" in as_it_was["primary"][5]
    await two.set("primary", day, 10)
    await two.pass_on()
    for school, need in {"A": (62, 7, 4, 3, 10), "B": (7, 1, 3, 0, 10), "P": (69, 8, 7, 3, 10)}.items():
        assert (await two.needs(school, day))["primary"][:5] == need
    assert await two.needs("A", before) == as_it_was
    await two.set("primary", day, 31)  # put right, not set anew
    await two.pass_on()
    assert (await two.needs("A", day))["primary"] == (62, 2, 4, 0, 31, "Quyết định 31", "high")
    assert await two.needs("A", before) == as_it_was


async def test_a_norm_that_ends_leaves_the_older_one_in_force(two: Two) -> None:
    day = today()
    await two.set("primary", date(2020, 9, 1), 10, valid_to=str(day))
    await two.set("preschool", date(2020, 9, 1), 20, valid_to=str(day))
    await two.pass_on()
    for asked, value in {date(2020, 8, 31): 15, date(2020, 9, 1): 10, day - timedelta(days=1): 10, day: 15}.items():
        assert (await two.needs("P", asked))["primary"][4] == value, asked


async def test_a_fresh_insight_knows_the_norms_that_a_platform_starts_with(two: Two) -> None:
    await two.set("primary", date(2020, 9, 1), 10)
    await two.set("primary", date(2020, 9, 1), 12)
    await two.pass_on()
    kept = await two.feed.rows(COPY)
    assert [row[:3] for row in kept] == [
        ("lower_secondary", 15, date(2016, 10, 7)),
        ("primary", 15, date(2016, 10, 7)),
        ("primary", 12, date(2020, 9, 1)),
    ]
    last = {record.key: record for record in two.log if record.topic == ASSETS_NORM.name}  # what a compacted topic still holds
    await two.feed.clear()
    await apply(INSIGHT, two.feed.connection, list(last.values()))
    assert await two.feed.rows(COPY) == kept


async def test_an_older_version_that_comes_late_changes_nothing(feed: Feed) -> None:
    await feed.apply(norm("primary", 12, version=2))
    await feed.apply(*norms(), norm("primary", 99))
    assert [(row[0], row[1], row[4]) for row in await feed.rows(COPY)] == [("lower_secondary", 15, 1), ("primary", 12, 2)]


async def test_norms_are_law_that_everybody_reads_and_nobody_in_scope_of_a_part_writes(feed: Feed) -> None:
    await feed.apply(*province(), *norms())
    async with feed.connection.transaction():
        await feed.connection.execute("SELECT open_scope('{P}', NULL, 'tests')")
        assert await feed.connection.fetchval("SELECT count(*) FROM norm") == 2
        assert await feed.connection.execute("UPDATE norm SET value = 1") == "UPDATE 0"


def test_of_two_norms_that_hold_the_one_that_began_later_wins() -> None:
    def declared(value: int, since: date, until: date | None = None) -> Norm:
        return Norm(level="primary", value=value, valid_from=since, valid_to=until, legal_basis="…", certainty="high")

    told = [declared(10, date(2020, 1, 1), date(2021, 1, 1)), declared(15, date(2016, 1, 1)), declared(99, date(2030, 1, 1))]

    def value(day: date) -> list[int]:
        return [one.value for one in norms_on(day, told).learners_per_computer.values()]

    days = [date(2015, 12, 31), date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    assert [value(day) for day in days] == [[], [15], [10], [10], [15]]
