"""Bulk loads of small records: CSV rows become the same bodies as JSON items; organisations are looked up once; all or nothing."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from libs.common.errors import FieldError, Invalid
from libs.common.validation import field_errors
from services.egov.fields import fault

Item = TypeVar("Item", bound=BaseModel)
MOST_FAULTS = 100
FIRST_ROW = 2
"""Row 1 is the header."""
PLACES = """
SELECT o.code, o.organisation_id, o.path::text AS path, in_scope(o.organisation_id) AS within
FROM organisation_path o WHERE o.code = ANY ($1::text[])"""


def read_csv(content: bytes, kind: type[Item], most: int) -> list[Item]:
    """Read UTF-8 CSV with a header; empty cells are absent. Raises Invalid with one field error for each fault, by row."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), restkey="surplus"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(errors=[fault("/", "encoding", "Tệp phải là CSV mã hóa UTF-8.", "The file must be CSV in UTF-8.")]) from error
    if not 1 <= len(rows) <= most:
        raise Invalid(errors=[fault("/", "rows", f"Tệp cần 1 đến {most} dòng.", f"The file needs 1 to {most} rows.")])
    items, faults = [], []
    for number, row in enumerate(rows, start=FIRST_ROW):
        given = {name: value for name, value in row.items() if value}
        try:
            items.append(kind.model_validate_strings(given))
        except ValidationError as error:
            found = field_errors([{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)], kind)
            faults += [one.model_copy(update={"pointer": f"/rows/{number}{one.pointer}"}) for one in found]
    refuse(faults)
    return items


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
