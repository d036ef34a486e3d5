"""What the registry is measured against: the same SQL on bare asyncpg, and the same answer through SQLModel as tutorials write it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.responses import Response

from libs.common.db.read import Listing, Statement
from libs.common.http.paging import PageRequest
from services.registry.classes.tables import SchoolClass
from services.registry.learners import queries
from services.registry.learners.schemas import LearnerOut
from services.registry.learners.tables import Learner
from services.registry.people.tables import Person, PersonIdentifier

URL = os.environ["BENCH_REFERENCE_URL"]
POOL_SIZE = 10
engine = create_async_engine(URL.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=POOL_SIZE, max_overflow=0)
pools: list["asyncpg.Pool[asyncpg.Record]"] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(URL, min_size=1, max_size=POOL_SIZE) as pool:
        pools.append(pool)
        yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan, telemetry={"tracing": False, "metrics": False, "logs": False})


class BenchLearner(SQLModel, table=True):
    """One flat row with what a learner needs."""

    __tablename__ = "bench_learner"
    learner_id: UUID = Field(default_factory=uuid4, primary_key=True)
    full_name: str
    birth_date: str
    sex: int
    school_code: str
    school_year: str
    grade: int


class BenchLearnerCreate(SQLModel):
    """The body of a creation."""

    full_name: str
    birth_date: str
    sex: int
    school_code: str
    school_year: str
    grade: int


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/bare/{learner_id}")
async def bare_learner(learner_id: UUID) -> Response:
    """The same SQL, nothing around it."""
    found = await pools[0].fetchval(queries.LEARNER.inside.sql, learner_id)
    if found is None:
        raise HTTPException(404)
    return Response(found[1].encode(), media_type="application/json")


def _list_statement(listing: Listing) -> Statement:
    """Return the list's own SQL without the scope."""
    page = PageRequest(limit=50, sort="key", filters={"school": "S1"})
    scoped = listing.statement(page)
    return Statement(scoped.sql.replace("open_scope($1, $2, $3)", "(SELECT true)").replace("$4", "$1").replace("$5", "$2"), scoped.names)


LIST = _list_statement(queries.LEARNERS)


@app.get("/bare-list")
async def bare_list(school: str, limit: int = 50) -> Response:
    """The same SQL for a page of a school."""
    found = await pools[0].fetchrow(LIST.sql, *LIST.arguments({"f_school": school, "limit": limit + 1}))
    bodies = found["bodies"][:limit] if found else []
    return Response(('{"items":[' + ",".join(bodies) + "]}").encode(), media_type="application/json")


@app.get("/naive/{learner_id}")
async def naive_learner(learner_id: UUID, db: Session) -> LearnerOut:
    """Objects, one after the other, and a response model."""
    learner = await db.get(Learner, learner_id)
    if learner is None:
        raise HTTPException(404)
    person = await db.get(Person, learner.person_id)
    identifiers = (await db.exec(select(PersonIdentifier).where(PersonIdentifier.person_id == learner.person_id))).all()
    group = await db.get(SchoolClass, learner.class_id) if learner.class_id else None
    if person is None:
        raise HTTPException(404)
    return LearnerOut.model_validate(
        {
            **person.model_dump(),
            **learner.model_dump(),
            "birth_date": person.birth_date.isoformat(),
            "identifiers": [{"kind": one.kind, "value": one.value} for one in identifiers],
            "school_code": None,
            "class_name": group.name if group else None,
        }
    )


@app.post("/naive", status_code=201)
async def naive_create(body: BenchLearnerCreate, db: Session) -> BenchLearner:
    """One insert and its commit."""
    learner = BenchLearner.model_validate(body)
    db.add(learner)
    await db.commit()
    return learner
