"""Reads: PostgreSQL returns the JSON text, the process passes the bytes on. One round trip opens the scope and selects.

The scope is opened by a function call in FROM and the query hangs on its result (a correlated sub-select, or a lateral aggregate, which
the planner may not flatten), so that it is always in force before the first row is looked at; were it not, no row would be visible.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import asyncpg
from pydantic import BaseModel

from libs.common.auth.principal import Reach
from libs.common.db.engine import Database
from libs.common.errors import BadRequest, NotFound
from libs.common.http.paging import Count, PageRequest, page_request

SCOPE_ARGUMENTS = 3
ESTIMATE_CAP = 10_000
NAMED = re.compile(r"(?<![:\w]):([a-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with positional parameters, and the names that fill them after the scope's own three."""

    sql: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, *pieces: str, offset: int = SCOPE_ARGUMENTS) -> "Statement":
        """Join constant pieces and number their `:name` parameters."""
        names: list[str] = []

        def number(match: re.Match[str]) -> str:
            if match[1] not in names:
                names.append(match[1])
            return "$" + str(names.index(match[1]) + 1 + offset)

        return cls(NAMED.sub(number, " ".join(pieces)), tuple(names))

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of the statement."""
        return [values[name] for name in self.names]


def object_of(out: type[BaseModel], columns: Mapping[str, str]) -> str:
    """Return a lateral row `r` with one column per field of the Out schema: the one place where schema and SQL meet."""
    unknown = set(columns) - set(out.model_fields)
    if unknown:
        raise ValueError(unknown)
    return "LATERAL (SELECT " + ", ".join(columns.get(name, name) + ' AS "' + name + '"' for name in out.model_fields) + ") r"


@dataclass(frozen=True)
class Document:
    """One thing by its key. `columns` maps a field to its SQL expression where that is not the column of the same name."""

    out: type[BaseModel]
    source: str
    where: str
    columns: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None

    @cached_property
    def select(self) -> tuple[str, ...]:
        """Return the pieces that select version and body as one text array."""
        return (
            "SELECT ARRAY[(" + (self.version or "NULL") + ")::text, row_to_json(r)::text] FROM",
            self.source,
            "CROSS JOIN",
            object_of(self.out, self.columns),
            "WHERE",
            self.where,
        )

    @cached_property
    def scoped(self) -> Statement:
        """Return the statement that opens the scope and selects."""
        return Statement.of("SELECT (", *self.select, "AND s.opened LIMIT 1) FROM open_scope($1, $2, $3) AS s(opened)")

    @cached_property
    def inside(self) -> Statement:
        """Return the statement for a transaction whose scope is open already."""
        return Statement.of(*self.select, "LIMIT 1", offset=0)


@dataclass(frozen=True, slots=True)
class Filter:
    """A whitelisted filter: an SQL condition on `:value`, or an expression compared with it by equality."""

    expression: str
    kind: Any
    condition: str | None = None

    def where(self, name: str) -> str:
        """Return the condition with the parameter named after the filter."""
        return (self.condition or "{e} = :value").replace("{e}", self.expression).replace(":value", ":f_" + name)


@dataclass(frozen=True, slots=True)
class Sort:
    """A whitelisted order: an expression that is never null, and its SQL type for the cursor."""

    expression: str
    sql_type: str = "text"


@dataclass(frozen=True)
class Listing:
    """A list of things. `key` is a unique expression that ends every order; the first sort is the default one (else the key)."""

    out: type[BaseModel]
    source: str
    key: str
    columns: Mapping[str, str] = field(default_factory=dict)
    where: str = "true"
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: Mapping[str, Sort | str] = field(default_factory=dict)
    key_type: str = "uuid"
    _statements: dict[tuple[Any, ...], Statement] = field(default_factory=dict, repr=False, compare=False)

    def request(self) -> Any:
        """Return the dependency that reads this list's page request from the query."""
        return page_request({name: filter_.kind for name, filter_ in self.filters.items()}, tuple(self.orders))

    @cached_property
    def orders(self) -> dict[str, Sort]:
        """Return the orders by name."""
        named = {name: sort if isinstance(sort, Sort) else Sort(sort) for name, sort in self.sorts.items()}
        return named or {"key": Sort(self.key, self.key_type)}

    def statement(self, page: PageRequest) -> Statement:
        """Return the page's statement; statements are few (filters × order) and kept."""
        shape = (page.sort, tuple(sorted(page.filters)), page.after is not None)
        if shape not in self._statements:
            self._statements[shape] = self._build(page)
        return self._statements[shape]

    def conditions(self, page: PageRequest) -> str:
        """Return the WHERE clause without the cursor."""
        return " AND ".join([self.where, *(self.filters[name].where(name) for name in sorted(page.filters))])

    def _build(self, page: PageRequest) -> Statement:
        sort = self.orders[page.sort]
        by_key = sort.expression == self.key
        order = self.key if by_key else sort.expression + ", " + self.key
        after = ""
        if page.after is not None:
            values = ":after_key::text::" + self.key_type
            if not by_key:
                values = ":after_sort::text::" + sort.sql_type + ", " + values
            after = "AND (" + order + ") > (" + values + ")"
        return Statement.of(
            "SELECT p.* FROM open_scope($1, $2, $3) AS s(opened), LATERAL (",
            "SELECT array_agg(t.body) AS bodies, array_agg(t.sort_value) AS sorts, array_agg(t.key_value) AS keys FROM (",
            "SELECT row_to_json(r)::text AS body, ("
            + sort.expression
            + ")::text AS sort_value, ("
            + self.key
            + ")::text AS key_value FROM",
            self.source,
            "CROSS JOIN",
            object_of(self.out, self.columns),
            "WHERE",
            self.conditions(page),
            after,
            "ORDER BY",
            order,
            "LIMIT :limit) t WHERE s.opened) p",
        )

    def values(self, page: PageRequest) -> dict[str, Any]:
        """Return the statement's parameters; one row more than asked tells whether there is a next page."""
        values: dict[str, Any] = {"f_" + name: value for name, value in page.filters.items()} | {"limit": page.limit + 1}
        if page.after is not None:
            values |= {"after_sort": page.after[0], "after_key": page.after[1]}
        return values


@dataclass(frozen=True, slots=True)
class Rows:
    """A fetched page: JSON texts and the cursor of the next page."""

    bodies: Sequence[str]
    next: str | None
    count: int | None


class ScopedReader:
    """Runs documents and listings under one caller's scope."""

    def __init__(self, database: Database, reach: Reach, actor: str) -> None:
        self._database = database
        self._scope = (list(reach.organisation_codes), reach.person_id, actor)

    async def document(self, document: Document, values: Mapping[str, Any]) -> tuple[str | None, str]:
        """Return version and JSON text; raises NotFound when no such row is in scope."""
        statement = document.scoped
        async with self._database.connection() as connection:
            found = await connection.fetchval(statement.sql, *self._scope, *statement.arguments(values))
        if found is None:
            raise NotFound
        return found[0], found[1]

    async def rows(self, listing: Listing, page: PageRequest, values: Mapping[str, Any]) -> Rows:
        """Return one page of JSON texts."""
        statement = listing.statement(page)
        arguments = statement.arguments({**values, **listing.values(page)})
        async with self._database.connection() as connection:
            try:
                found = await connection.fetchrow(statement.sql, *self._scope, *arguments)
            except asyncpg.DataError as error:
                raise BadRequest(detail_vi="Bộ lọc hoặc con trỏ không hợp lệ.", detail_en="The filter or cursor is not valid.") from error
            count = await self._count(connection, listing, page, values) if page.count else None
        bodies = (found and found["bodies"]) or []
        more = len(bodies) > page.limit
        following = page.cursor(found["sorts"][page.limit - 1], found["keys"][page.limit - 1]) if found and more else None
        return Rows(bodies[: page.limit], following, count)

    async def _count(self, connection: Any, listing: Listing, page: PageRequest, values: Mapping[str, Any]) -> int:
        """Count the rows in scope: all of them, or (estimate) no further than 10,000, so that no size beyond the scope is told."""
        capped = "" if page.count is Count.EXACT else "LIMIT " + str(ESTIMATE_CAP)
        rows = ("SELECT FROM", listing.source, "WHERE", listing.conditions(page), "AND s.opened", capped)
        statement = Statement.of("SELECT (SELECT count(*) FROM (", *rows, ") c) FROM open_scope($1, $2, $3) AS s(opened)")
        return int(await connection.fetchval(statement.sql, *self._scope, *statement.arguments({**values, **listing.values(page)})))
