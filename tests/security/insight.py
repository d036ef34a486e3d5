"""Insight with both schools in its read model, told as the registry would tell."""

from datetime import date

import asyncpg
import orjson

from tests.insight.support import Feed, identity, learner, member, organisation, post, school_class, school_year, spell
from tests.security.schools import PROVINCE, YEAR, Founder, School, on, superuser
from tests.support.postgres import TestDatabase

BEGINS = date(2026, 9, 1)


# Tables of the read model that no event above reaches get a row of each school all the same: what is asked of them is who sees it.
BARE = """
SELECT c.relname AS name, a.attname AS column, format_type(a.atttypid, NULL) AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relrowsecurity AND c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('audit', 'change')
ORDER BY c.relname, a.attnum"""
INSERT = "INSERT INTO {t} SELECT (jsonb_populate_record(NULL::{t}, $1::text::jsonb)).*"
VALUES = {"date": BEGINS.isoformat(), "boolean": "true", "jsonb": "{}", "text[]": "{}", "timestamp with time zone": "2026-09-01T00:00:00Z"}


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Apply the events of both schools."""
    del founder  # nothing is written over HTTP here
    connection = await asyncpg.connect(database.url)
    try:
        feed = Feed(connection, database.superuser_url)
        await feed.apply(organisation(PROVINCE, kind="province"), school_year(YEAR, BEGINS, date(2027, 5, 31)))
        for school in schools:
            await _school(feed, school)
        await _bare(database, *schools)
    finally:
        await connection.close()


async def _school(feed: Feed, school: School) -> None:
    path = (PROVINCE, school.commune, school.code)
    name = f"Trường {school.word}"
    await feed.apply(
        organisation(*path[:2], kind="commune", name=f"Xã {school.word}"),
        organisation(*path, kind="school", name=name, levels=["primary"], attributes={"has_website": True}),
        organisation(*path, school.site, kind="site", name=f"Điểm {school.word}"),
        school_class("lop " + school.word, school.code, YEAR, "primary"),
        learner("hs " + school.word, spell("dot " + school.word, school.code, "primary", BEGINS)),
        member("gv " + school.word, post("viec " + school.word, school.code), it_on=BEGINS),
    )
    school.mark(school.word, school.code, school.commune, school.site)
    named = ("lop ", "hs ", "spell dot ", "gv ", "post viec ")
    school.mark(*(identity(one) for one in (*path[1:], school.site, *(prefix + school.word for prefix in named))))
    school.ids |= {"organisation": school.code, "key": "learners", "plan": "school-phong-dong-2017"}


async def _bare(database: TestDatabase, *schools: School) -> None:
    async with superuser(database) as connection:
        tables: dict[str, dict[str, str]] = {}
        for row in await connection.fetch(BARE):
            tables.setdefault(row["name"], {})[row["column"]] = row["type"]
        for name, columns in tables.items():
            if "organisation_id" not in columns or await connection.fetchval(on(name, "SELECT count(*) FROM {t}")):
                continue
            for school in schools:
                record = {column: _value(column, kind, school) for column, kind in columns.items()}
                await connection.execute(on(name, INSERT), orjson.dumps(record).decode())


def _value(column: str, kind: str, school: School) -> object:
    if column == "organisation_id":
        return identity(school.code)
    if kind == "uuid":
        return identity(column + school.word)
    return VALUES.get(kind, 1 if "int" in kind or kind == "numeric" else school.word)
