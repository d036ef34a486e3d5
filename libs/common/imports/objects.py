"""Turns a JSON list of objects into CSV, so that it is read like any other table."""

from collections.abc import Iterator
from typing import IO, Any

import orjson

from libs.common.imports.faults import FileFaultError
from libs.common.imports.sniff import write
from libs.common.imports.workbook import Bounds


def to_csv(file: IO[bytes], target: IO[bytes], bounds: Bounds) -> None:
    """Write the objects to `target`, a column for each name that any of them has. Raises FileFaultError."""
    try:
        found = orjson.loads(file.read())
    except orjson.JSONDecodeError as error:
        raise FileFaultError("unreadable", str(error)) from error
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise FileFaultError("unreadable", "JSON: danh sách đối tượng / a list of objects")
    if len(found) > bounds.rows:
        raise FileFaultError("too_many_rows", str(bounds.rows))
    write(_rows(found), target)


def _rows(found: list[dict[str, Any]]) -> Iterator[list[str]]:
    names = list(dict.fromkeys(name for entry in found for name in entry))
    yield [_text(name) for name in names]
    for entry in found:
        yield [_text(entry.get(name)) for name in names]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case _:
            return str(value)
