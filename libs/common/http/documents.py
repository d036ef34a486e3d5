"""How routes describe their answers in OpenAPI."""

from typing import Any

from pydantic import BaseModel

from libs.common.errors import MEDIA_TYPE, ProblemOut
from libs.common.http.paging import Page

PROBLEMS = {
    400: "Bad request",
    401: "Not signed in, or the token does not hold",
    403: "Permission missing",
    404: "Not found, or not in the caller's scope",
    409: "Conflict with the present state",
    412: "The record has changed since it was read",
    413: "Too large",
    415: "The media type is not taken here",
    422: "Invalid data",
    428: "If-Match is required",
    429: "Too many requests",
    503: "Temporarily unavailable",
}


def document(out: type[BaseModel], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Describe an answer with one document (`status` 201 for a creation)."""
    return {status: {"model": out, "description": (out.__doc__ or "The document").strip().splitlines()[0]}} | _problems()


def page_of(out: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Describe an answer with one page of documents."""
    return {200: {"model": Page[out], "description": "One page"}} | _problems()  # type: ignore[valid-type]  # the page's type is made here


def _problems() -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/" + ProblemOut.__name__}}}
    return {status: {"description": text, "content": content} for status, text in PROBLEMS.items()}
