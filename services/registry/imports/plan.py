"""The shape of a kind's set-based work: what is prepared, checked and applied, as SQL statements with named parameters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from libs.common.db.read import Statement
from libs.common.imports.faults import Fault

Connection = asyncpg.Connection


# What the sender may write to; unknown and not allowed look the same from here. Taken under the sender's own scope.
CREATE_ALLOWED: Final = """
CREATE TEMP TABLE allowed ON COMMIT DROP AS
SELECT p.organisation_id, p.code, p.kind, p.path, v.levels FROM organisation_path p LEFT JOIN organisation_version v
    ON v.organisation_id = p.organisation_id AND v.code = p.code AND v.valid_from <= :today AND (v.valid_to IS NULL
        OR v.valid_to > :today)
WHERE p.path <@ ANY ((SELECT scope_paths())::ltree[])"""
SENDER_PATHS: Final = "SELECT coalesce(scope_paths()::text[], '{}')"


@dataclass(frozen=True)
class Plan:
    """One kind of file. All statements run in this order in one transaction, `apply` only when no fault was found and it is no dry run.

    `prepare` casts the staged text and finds what the rows refer to; `checks` insert into `fault`; `count` answers (created, changed,
    unchanged) aggregates; `apply` writes rows, then change feed and outbox. `inspect` finds what SQL cannot know.
    """

    prepare: Sequence[str]
    checks: Sequence[str]
    count: str
    apply: Sequence[str]
    inspect: Callable[[Connection], Awaitable[Sequence[Fault]]] | None = None


def bind(query: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Number the `:name` parameters of a statement and pick their values."""
    statement = Statement.of(query, offset=0)
    return statement.sql, statement.arguments(values)


FEED: Final = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT '{resource}', {key}::text, 'changed', version, organisation_path FROM {table}"""


def feed(resource: str, key: str, table: str) -> str:
    """Return the statement that writes one change-feed row for each touched aggregate."""
    return FEED.replace("{resource}", resource).replace("{key}", key).replace("{table}", table)


MOVED: Final = """
UPDATE {table} m SET organisation_path = x.organisation_path FROM touched x
WHERE m.{key} = x.{key} AND x.was <> x.organisation_path AND m.organisation_path <> x.organisation_path"""


def moved(table: str, key: str) -> str:
    """Return the statement by which a table's rows follow an aggregate that came to stand elsewhere."""
    return MOVED.replace("{table}", table).replace("{key}", key)
