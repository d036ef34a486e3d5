"""The shared pager: keyset cursors bound to filter and order, so that page 4,000 costs what the first one costs."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

import orjson
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from libs.common.errors import CursorMismatch
from libs.common.validation import placed

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

    async def read(request: Request) -> PageRequest:
        query: Any = _validated(model, request)
        given = {name: value for name in filters if (value := getattr(query, name)) is not None}
        page = PageRequest(limit=query.limit, sort=query.sort, filters=given, count=query.count)
        if query.cursor is None:
            return page
        fingerprint, sort_value, key = decode_cursor(query.cursor, 3)
        if fingerprint != page.fingerprint:
            raise CursorMismatch
        return replace(page, after=(sort_value, key))

    read.query = model  # type: ignore[attr-defined]  # openapi.py documents its fields
    return Depends(read)


def _one_of(names: tuple[str, ...]) -> Any:
    """Return the literal type of these names, made at run time."""
    return Literal[names]


def _validated(model: type[BaseModel], request: Request) -> BaseModel:
    """Read the whole query at once: the framework reads it field by field, which takes a tenth of a page's time."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise RequestValidationError(placed(error, "query")) from error
