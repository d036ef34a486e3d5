"""What a service's resource is measured against: the same SQL on bare asyncpg, and the same answer through SQLModel as tutorials write it.

BENCH_RESOURCE names the service, BENCH_REFERENCE_URL its database, for a role that row security does not hold back.
"""

import importlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import Depends, FastAPI
from pydantic import create_model
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.responses import Response

from tests.bench.resource import Creation, Resource

URL = os.environ["BENCH_REFERENCE_URL"]
RESOURCE: Resource = importlib.import_module("tests.bench.resources." + os.environ["BENCH_RESOURCE"]).RESOURCE
POOL_SIZE = 10
# Functions that ask for the scope find everything in it.
WHOLE_PLATFORM = {"lienthong.scope": '{""}'}
engine = create_async_engine(URL.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=POOL_SIZE, max_overflow=0)
pools: list["asyncpg.Pool[asyncpg.Record]"] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(URL, min_size=1, max_size=POOL_SIZE, server_settings=WHOLE_PLATFORM) as pool:
        pools.append(pool)
        if RESOURCE.creation:
            async with engine.begin() as connection:
                await connection.run_sync(SQLModel.metadata.tables["bench_row"].create, checkfirst=True)
        yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan, telemetry={"tracing": False, "metrics": False, "logs": False})


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/bare/{key}")
async def bare(key: str) -> Response:
    """The same SQL, nothing around it."""
    async with pools[0].acquire() as connection:
        body = await RESOURCE.bare(connection, RESOURCE.key(key))
    return Response(body.encode(), media_type="application/json")


@app.get("/bare")
async def bare_page() -> Response:
    """The same SQL for a page."""
    async with pools[0].acquire() as connection:
        bodies = await RESOURCE.bare_page(connection)
    return Response(('{"items":[' + ",".join(bodies) + "]}").encode(), media_type="application/json")


@app.get("/naive/{key}", response_model=RESOURCE.out)
async def naive(key: str, db: Session) -> Any:
    """Objects, one after the other, and a response model."""
    return await RESOURCE.naive(db, RESOURCE.key(key))


class BenchKey(SQLModel):
    """What the flat row has besides the body."""

    __tablename__ = "bench_row"
    row_id: UUID = Field(default_factory=uuid4, primary_key=True)


def serve_creation(creation: Creation) -> None:
    """Serve the insertion of one flat row with what the resource's body holds, and its commit."""
    fields: dict[str, Any] = {name: (type(value), ...) for name, value in creation.row().items()}
    body_model = create_model("BenchBody", __base__=SQLModel, **fields)
    row_model = create_model("BenchRow", __base__=BenchKey, __cls_kwargs__={"table": True}, **fields)

    async def create(body: body_model, db: Session) -> row_model:
        row = row_model.model_validate(body)
        db.add(row)
        await db.commit()
        return row

    app.post("/naive", status_code=201)(create)


if RESOURCE.creation:
    serve_creation(RESOURCE.creation)
