"""Insight with both schools in its read model, told as the other services would tell."""

from datetime import date

import asyncpg

from tests.insight.support import (
    Feed,
    asset,
    content,
    counted,
    dossier,
    identity,
    learner,
    member,
    offer,
    organisation,
    post,
    school_class,
    school_year,
    spell,
)
from tests.security.schools import PROVINCE, YEAR, Founder, School
from tests.support.postgres import TestDatabase

BEGINS = date(2026, 9, 1)


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Apply the events of both schools."""
    del founder  # nothing is written over HTTP here
    connection = await asyncpg.connect(database.url)
    try:
        feed = Feed(connection, database.superuser_url)
        await feed.apply(organisation(PROVINCE, kind="province"), school_year(YEAR, BEGINS, date(2027, 5, 31)))
        for school in schools:
            await _school(feed, school)
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
        asset(school.word, school.code, "teaching_computer", 14, level="primary"),
        offer(school.word, school.code, "2.002854", "full"),
        counted(school.word, school.code, BEGINS, date(2026, 9, 30), (7, 5, 3, 2)),
        dossier(school.word, school.code, verb="finished", online=True, full_online=True, on_time=True),
        content(school.word, school.code, "mathematics", 4),
    )
    school.mark(school.word, school.code, school.commune, school.site)
    named = ("lop ", "hs ", "spell dot ", "gv ", "post viec ", "asset ", "offer ", "count ", "dossier ", "content ")
    school.mark(*(identity(one) for one in (*path[1:], school.site, *(prefix + school.word for prefix in named))))
    school.ids |= {"organisation": school.code, "key": "learners", "plan": "school-phong-dong-2017"}
