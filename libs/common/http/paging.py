"""The shared pager: keyset cursors bound to filter and order, so that page 4,000 costs what the first one costs."""

import base64
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from libs.common.errors import CursorMismatch

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


class Count(StrEnum):
    """Whether the answer carries the number of all matching rows: never unless asked for."""

    ESTIMATE = "estimate"
    EXACT = "exact"


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[Item]
    next: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the caller asked of a list; `after` are the sort and key values of the last row already seen."""

    limit: int
    sort: str
    filters: dict[str, Any]
    after: tuple[str, str] | None = None
    count: Count | None = None

    @property
    def fingerprint(self) -> str:
        """Bind a cursor to this filter and order."""
        shape = orjson.dumps([self.sort, sorted((name, str(value)) for name, value in self.filters.items())])
        return hashlib.sha256(shape).hexdigest()[:16]

    def cursor(self, sort_value: str, key: str) -> str:
        """Return the cursor that continues after the row with these values."""
        return encode_cursor([self.fingerprint, sort_value, key])


def encode_cursor(parts: list[str]) -> str:
    """Pack a cursor's parts for a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[str]:
    """Unpack a cursor; raises CursorMismatch when it was not made here."""
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise CursorMismatch from error
    if not (isinstance(parts, list) and len(parts) == length and all(isinstance(part, str) for part in parts)):
        raise CursorMismatch
    return parts


def page_request(filters: Mapping[str, Any], sorts: tuple[str, ...]) -> Any:
    """Return the dependency that reads limit, cursor, sort, count and the whitelisted filters from the query."""
    fields: dict[str, Any] = {name: (kind | None, Field(default=None)) for name, kind in filters.items()}
    model = create_model(
        "ListQuery",
        __config__=ConfigDict(extra="forbid"),
        limit=(int, Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)),
        cursor=(str | None, Field(default=None, max_length=1000)),
        sort=(_one_of(sorts), Field(default=sorts[0])),
        count=(Count | None, Field(default=None)),
        **fields,
    )

    def read(query: Any) -> PageRequest:
        given = {name: value for name in filters if (value := getattr(query, name)) is not None}
        request = PageRequest(limit=query.limit, sort=query.sort, filters=given, count=query.count)
        if query.cursor is None:
            return request
        fingerprint, sort_value, key = decode_cursor(query.cursor, 3)
        if fingerprint != request.fingerprint:
            raise CursorMismatch
        return PageRequest(limit=query.limit, sort=query.sort, filters=given, count=query.count, after=(sort_value, key))

    return Depends(_with_query(read, model))


def _one_of(names: tuple[str, ...]) -> Any:
    """Return the literal type of these names, made at run time."""
    return Literal[names]


def _with_query(read: Callable[[Any], PageRequest], model: type[BaseModel]) -> Callable[..., Any]:
    """Give the reader the signature that FastAPI documents and validates."""

    async def dependency(query: Any) -> PageRequest:
        return read(query)

    parameter = inspect.Parameter("query", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[model, Query()])
    dependency.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]  # functions take it at run time
    return dependency
