"""Bulk loads of small records: rows of a file become the same bodies as JSON items; organisations are looked up once; all or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from libs.common.app import DEFAULT_MAX_BODY_BYTES
from libs.common.errors import FieldError, Invalid
from libs.common.imports import upload
from libs.common.imports.columns import TITLE, Column, header_faults
from libs.common.imports.faults import FORMULA, SENTENCES, Fault, FileFaultError
from libs.common.imports.sniff import layout, rows
from libs.common.imports.upload import Upload
from libs.common.validation import field_errors
from services.egov.fields import fault

Item = TypeVar("Item", bound=BaseModel)
MOST_FAULTS = 100
MOST_ROWS = 5000
PLACES = """
SELECT o.code, o.organisation_id, o.path::text AS path, in_scope(o.organisation_id) AS within
FROM organisation_path o WHERE o.code = ANY ($1::text[])"""


def received(permission: str) -> Any:
    """Return the dependency that gives callers with the permission their file of small records, as CSV."""
    return upload.as_csv(permission, lambda: DEFAULT_MAX_BODY_BYTES, lambda: MOST_ROWS)


def read(file: Upload, kind: type[Item]) -> list[Item]:
    """Return the rows of a file as bodies; empty cells are absent. Raises Invalid with one field error for each fault, by row."""
    try:
        seen = layout(file.readable())
        refuse([_told(one) for one in header_faults(_columns(kind), seen.header)])
        lines = list(islice(rows(file.readable(), seen.delimiter), MOST_ROWS + 1))
    except FileFaultError as error:
        raise Invalid(errors=[_told(error.fault)]) from error
    items: list[Item] = []
    faults = _size_faults(lines)
    for number, cells in () if faults else lines:
        found = list(_cell_faults(number, seen.header, cells))
        if not found:
            try:
                items.append(kind.model_validate_strings({name: cell for name, cell in zip(seen.header, cells, strict=True) if cell}))
            except ValidationError as error:
                found = _field_faults(number, error, kind)
        faults += found
    refuse(faults)
    return items


def _columns(kind: type[BaseModel]) -> list[Column]:
    return [Column(name, name, TITLE, required=field.is_required()) for name, field in kind.model_fields.items()]


def _size_faults(lines: Sequence[tuple[int, Any]]) -> list[FieldError]:
    if not lines:
        return [_told(FileFaultError("empty_file").fault)]
    return [_told((lines[-1][0], "", "too_many_rows", "", str(MOST_ROWS)))] if len(lines) > MOST_ROWS else []


def _cell_faults(number: int, header: Sequence[str], cells: Sequence[str | None]) -> Iterator[FieldError]:
    """Tell a row of another shape, and what no cell may hold."""
    if len(cells) != len(header):
        yield _told((number, "", "row_shape", str(len(cells)), str(len(header))))
        return
    for name, cell in zip(header, cells, strict=True):
        if cell and cell.startswith(FORMULA):
            yield _told((number, name, "formula", cell, ""))


def _field_faults(number: int, error: ValidationError, kind: type[BaseModel]) -> list[FieldError]:
    found = field_errors([{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)], kind)
    return [one.model_copy(update={"pointer": f"/rows/{number}{one.pointer}"}) for one in found]


def _told(found: Fault) -> FieldError:
    row, column, code, value, hint = found
    text = SENTENCES[code].about(value, hint)
    return fault(f"/rows/{row}" + (f"/{column}" if column else ""), code, text.vi, text.en)


def refuse(faults: Sequence[FieldError]) -> None:
    """Raise Invalid when there are faults; the first hundred are told."""
    if faults:
        raise Invalid(errors=list(faults[:MOST_FAULTS]))


async def places(connection: Any, codes: Iterable[str]) -> dict[str, Any]:
    """Return id, path and whether the caller may write there, by organisation code."""
    return {row["code"]: row for row in await connection.fetch(PLACES, sorted(set(codes)))}


def place_faults(codes: Sequence[str], found: dict[str, Any]) -> list[FieldError]:
    """Return a field error for each item whose organisation is unknown, or outside the caller's scope (which looks the same)."""
    return [
        fault(
            f"/items/{index}/organisation_code",
            "unknown_organisation",
            "Không có đơn vị này, hoặc dữ liệu đơn vị chưa đến nơi.",
            "There is no such organisation in your scope, or its record has not arrived here yet.",
        )
        for index, code in enumerate(codes)
        if code not in found or not found[code]["within"]
    ]


def repeated(keys: Sequence[object]) -> list[FieldError]:
    """Return a field error for each item whose natural key came before in the same load."""
    seen: set[object] = set()
    faults = []
    for index, key in enumerate(keys):
        if key in seen:
            faults.append(fault(f"/items/{index}", "repeated", "Trùng với một mục phía trên.", "The same key as an item above."))
        seen.add(key)
    return faults
