"""Insight's figures: the learners of a school, and the schools behind the province's number; nobody creates anything here.

The references run the same statements, and add up what is asked for.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.insight.indicators import queries
from tests.bench.resource import PAGE, TREE, Connection, Naive, Resource

DAY: Final = date(2026, 10, 1)
QUESTION = f"as_of={DAY}&organisation="
RECORDS = f"/insight/v1/figures/learners/records?{QUESTION}P"
FILL = (
    *TREE,
    """INSERT INTO organisation_version (organisation_id, valid_from, code, name, kind, parent_id, levels, attributes, path)
       SELECT organisation_id, '2015-01-01', code, name, kind, parent_id, '{primary}', '{}', path FROM organisation_path""",
    "INSERT INTO school_year (school_year, starts_on, ends_on, version) VALUES ('2026-2027', '2026-09-05', '2027-05-31', 1)",
    """INSERT INTO spell (enrolment_id, learner_id, school_id, school_year, grade, level, studies_informatics, valid_from, version)
       SELECT row_id, other_id, organisation_id, '2026-2027', 3, 'primary', true, '2026-09-05', 1 FROM bench_place""",
)


class NaiveFigure(BaseModel):
    """What the usual code answers."""

    organisation: str
    as_of: date
    learners: int


class NaiveVersion(Naive, table=True):
    """A school as a tutorial would write it down."""

    __tablename__ = "organisation_version"
    organisation_id: UUID = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None
    code: str


class NaiveSpell(Naive, table=True):
    """A spell as a tutorial would write it down."""

    __tablename__ = "spell"
    enrolment_id: UUID = Field(primary_key=True)
    learner_id: UUID
    school_id: UUID
    school_year: str
    grade: int | None
    level: str
    valid_from: date
    valid_to: date | None


async def naive(db: AsyncSession, code: str) -> NaiveFigure:
    """Read the school and its spells as objects and count those that hold."""
    school = (await db.exec(select(NaiveVersion).where(NaiveVersion.code == code))).one()
    spells = (await db.exec(select(NaiveSpell).where(NaiveSpell.school_id == school.organisation_id))).all()
    held = [spell for spell in spells if spell.valid_from <= DAY and (spell.valid_to is None or spell.valid_to > DAY)]
    return NaiveFigure(organisation=code, as_of=DAY, learners=len(held))


async def counted(connection: Connection, code: str) -> list[tuple[str, int]]:
    """Run the statements behind the figure; returns each organisation's code and learners."""
    async with connection.transaction(readonly=True):
        tree = {row["organisation_id"]: row["code"] for row in await connection.fetch(queries.TREE, code, DAY, ["*"])}
        answer = await connection.fetch(queries.LEARNERS, list(tree), DAY)
    return sorted((tree[row["organisation_id"]], row["learners"]) for row in answer)


async def bare(connection: Connection, code: str) -> str:
    """Answer the number of learners."""
    return orjson.dumps({"organisation": code, "learners": sum(number for _, number in await counted(connection, code))}).decode()


async def bare_page(connection: Connection) -> Sequence[str]:
    """Answer the first schools of the province with their learners."""
    return [orjson.dumps({"organisation": code, "learners": number}).decode() for code, number in (await counted(connection, "P"))[:PAGE]]


RESOURCE = Resource(
    grant="province_officer@P",
    fill=FILL,
    keys="SELECT code FROM organisation_path WHERE code <> 'P'",
    key=str,
    read=f"/insight/v1/figures?key=learners&{QUESTION}{{key}}",
    page=RECORDS,
    every=RECORDS,
    bare=bare,
    bare_page=bare_page,
    naive=naive,
    out=NaiveFigure,
)
