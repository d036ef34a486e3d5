"""Bulk loads of small records: rows of a file become the same bodies as JSON items; organisations are looked up once; all or nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Generic, TypeVar

import asyncpg
from pydantic import BaseModel, ValidationError

from libs.common.app import DEFAULT_MAX_BODY_BYTES
from libs.common.errors import Conflict, FieldError, Invalid
from libs.common.imports import upload
from libs.common.imports.cells import read_day
from libs.common.imports.columns import TITLE, Column, header_faults
from libs.common.imports.faults import SENTENCES, Fault, FileFaultError, is_formula
from libs.common.imports.sniff import layout, rows
from libs.common.imports.upload import Upload
from libs.common.validation import field_errors, placed
from services.egov.fields import Day, fault

Item = TypeVar("Item", bound=BaseModel)
MOST_FAULTS = 100
MOST_ROWS = 5000
PLACES = """
SELECT o.code, o.organisation_id, o.path::text AS path, o.path <@ ANY ((SELECT scope_paths())::ltree[]) AS within
FROM organisation_path o WHERE o.code = ANY ($1::text[])"""


def received(permission: str) -> Any:
    """Return the dependency that gives callers with the permission their file of small records, as CSV."""
    return upload.as_csv(permission, lambda: DEFAULT_MAX_BODY_BYTES, lambda: MOST_ROWS)


@dataclass(frozen=True, slots=True)
class Load(Generic[Item]):
    """What is loaded at once, and where each item stands for whoever sent it: `/items/0` of a body, `/rows/2` of a file."""

    items: Sequence[Item]
    pointers: Sequence[str]

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Load[Item]":
        """Return the items of a JSON body."""
        return cls(items, [f"/items/{index}" for index in range(len(items))])


def read(file: Upload, kind: type[Item]) -> Load[Item]:
    """Return the rows of a file as bodies; empty cells are absent. Raises Invalid with one field error for each fault, by row."""
    try:
        seen = layout(file.readable())
        refuse([_told(one) for one in header_faults(_columns(kind), seen.header)])
        lines = list(islice(rows(file.readable(), seen.delimiter), MOST_ROWS + 1))
    except FileFaultError as error:
        raise Invalid(errors=[_told(error.fault)]) from error
    items: list[Item] = []
    pointers: list[str] = []
    days = _days(kind)
    faults = _size_faults(lines)
    for number, cells in () if faults else lines:
        found = list(_cell_faults(number, seen.header, cells))
        if not found:
            try:
                named = {name: cell for name, cell in zip(seen.header, cells, strict=True) if cell}
                items.append(kind.model_validate_strings(named | _iso(named, days)))
                pointers.append(f"/rows/{number}")
            except ValidationError as error:
                found = _field_faults(number, error, kind)
        faults += found
    refuse(faults)
    return Load(items, pointers)


def _days(kind: type[BaseModel]) -> list[str]:
    """Return the columns that hold days."""
    return [name for name, field in kind.model_fields.items() if field.annotation in {date, Day | None}]


def _iso(named: Mapping[str, str], days: Iterable[str]) -> dict[str, str]:
    """Return the days that are there in the one form that bodies know; what is no day stays, to be told."""
    return {name: day.isoformat() for name in days if name in named and (day := read_day(named[name]))}


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
        if cell and is_formula(cell):
            yield _told((number, name, "formula", cell, ""))


def _field_faults(number: int, error: ValidationError, kind: type[BaseModel]) -> list[FieldError]:
    found = field_errors(placed(error, "body"), kind)
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


def place_faults(load: Load[Any], found: dict[str, Any]) -> list[FieldError]:
    """Return a field error for each item whose organisation is unknown, or outside the caller's scope (which looks the same)."""
    return [
        fault(
            f"{pointer}/organisation_code",
            "unknown_organisation",
            "Không có đơn vị này, hoặc dữ liệu đơn vị chưa đến nơi.",
            "There is no such organisation in your scope, or its record has not arrived here yet.",
        )
        for pointer, item in zip(load.pointers, load.items, strict=True)
        if item.organisation_code not in found or not found[item.organisation_code]["within"]
    ]


def repeated(pointers: Sequence[str], keys: Sequence[object]) -> list[FieldError]:
    """Return a field error for each item whose natural key came before in the same load."""
    seen: set[object] = set()
    faults = []
    for pointer, key in zip(pointers, keys, strict=True):
        if key in seen:
            faults.append(fault(pointer, "repeated", "Trùng với một mục phía trên.", "The same key as an item above."))
        seen.add(key)
    return faults


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods that may not meet: the query that finds which of the written keys ($1) do, the deferred constraint, and the refusal."""

    meeting: str
    constrain: str
    refusal: type[Conflict]


async def ensure_apart(connection: Any, load: Load[Any], keys: Sequence[str], periods: Periods) -> None:
    """Raise the refusal after a write, pointing at the items whose periods meet another one; `keys` in the order of the items."""
    taken = {str(row[0]) for row in await connection.fetch(periods.meeting, keys)}
    vi, en = "Trùng một phần thời gian với mục đã có hoặc mục khác.", "The period overlaps with one that is there, or with another item's."
    faults = [fault(pointer, "overlap", vi, en) for pointer, key in zip(load.pointers, keys, strict=True) if key in taken]
    if faults:
        raise periods.refusal(errors=faults[:MOST_FAULTS])
    try:
        await connection.execute(periods.constrain)
    except asyncpg.ExclusionViolationError as error:  # somebody else wrote at the same time
        raise periods.refusal from error
