"""What the HTTP figures need to know of a service's most used resource: its rows, its requests, and the same reads without a frame.

The references of every service are made from this (`tests.bench.reference_http`): the same SQL on bare asyncpg, the usual SQLModel code.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from libs.common.db.read import SCOPE_ARGUMENTS, Document, Listing
from libs.common.http.paging import PageRequest

SERVICES: Final = ("registry", "assets", "egov", "learning", "insight", "identity")
ROWS: Final = 200_866
SCHOOLS: Final = 646
PAGE: Final = 50
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Read = Callable[[Connection, Any], Awaitable[str]]
ReadPage = Callable[[Connection], Awaitable[Sequence[str]]]
NaiveRead = Callable[[AsyncSession, Any], Awaitable[BaseModel]]
Body = Callable[[], Mapping[str, Any]]

# Where each row of a service belongs, evenly over the schools. Ids are made here, for foreign keys.
PLACES: Final = """
CREATE TABLE bench_place AS
SELECT n, new_id() AS row_id, new_id() AS other_id, o.organisation_id, o.code, o.name, o.path
FROM generate_series(0, {rows} - 1) AS n JOIN organisation_path o ON o.code = 'S' || (1 + n % {schools})
""".replace("{rows}", str(ROWS)).replace("{schools}", str(SCHOOLS))
# The tree as the services other than the registry copy it.
TREE: Final = (
    """INSERT INTO organisation_path (organisation_id, code, name, kind, parent_id, path)
       SELECT i, 'P', 'Tỉnh', 'province', NULL, text2ltree(replace(i::text, '-', '')) FROM new_id() AS i""",
    """INSERT INTO organisation_path (organisation_id, code, name, kind, parent_id, path)
       SELECT i.id, 'S' || n, 'Trường ' || n, 'school', p.organisation_id, p.path || text2ltree(replace(i.id::text, '-', ''))
       FROM generate_series(1, {schools}) AS n, organisation_path p, LATERAL (SELECT new_id() AS id WHERE n > 0) i
       WHERE p.code = 'P'""".replace("{schools}", str(SCHOOLS)),
    PLACES,
)


class Naive(SQLModel, registry=registry()):
    """Tables as a tutorial would write them down, apart from what services declare under the same names."""


class NaiveOrganisation(Naive, table=True):
    """The copied tree as a tutorial would write it down, for the code of a row's organisation."""

    __tablename__ = "organisation_path"
    organisation_id: UUID = Field(primary_key=True)
    code: str


async def code_of(db: AsyncSession, organisation_id: UUID | None) -> str | None:
    """Return the code of an organisation by one more look."""
    found = await db.get(NaiveOrganisation, organisation_id)
    return found.code if found else None


@dataclass(frozen=True, slots=True)
class Creation:
    """A request that the service answers by itself, and the row that the reference inserts instead: `flat`, or the body as it is."""

    path: str
    body: Body
    flat: Body | None = None
    method: str = "POST"

    @property
    def row(self) -> Body:
        """Return what the reference inserts."""
        return self.flat or self.body


@dataclass(frozen=True, slots=True)
class Resource:
    """`read` is a path with `{key}`, `page` a list of 50 by a filter, `every` the unfiltered list for the deep page."""

    grant: str
    fill: Sequence[str]
    keys: str
    read: str
    page: str
    every: str
    bare: Read
    bare_page: ReadPage
    naive: NaiveRead
    out: type[BaseModel]
    key: Callable[[str], Any] = UUID
    creation: Creation | None = None


def bare(document: Document, key_name: str) -> Read:
    """Return the document's own SQL on a plain connection: no token, no scope, no row security, no ETag."""
    statement = document.inside

    async def read(connection: Connection, key: UUID) -> str:
        found: Sequence[str] = await connection.fetchval(statement.sql, *statement.arguments({key_name: key}))
        return found[1]

    return read


def bare_page(listing: Listing, **filters: str | int) -> ReadPage:
    """Return the list's own SQL without opening a scope, for the first 50 rows: their bodies are its first column."""
    request = PageRequest(limit=PAGE, sort=next(iter(listing.orders)), filters=dict(filters))
    scoped = listing.statement(request)
    unscoped = scoped.sql.replace("open_scope($1, $2, $3)", "(SELECT true)")
    sql = re.sub(r"\$(\d+)", lambda match: "$" + str(int(match[1]) - SCOPE_ARGUMENTS), unscoped)
    arguments = scoped.arguments(listing.values(request))

    async def read(connection: Connection) -> Sequence[str]:
        found: Sequence[str] = await connection.fetchval(sql, *arguments)
        return found[:PAGE]

    return read
