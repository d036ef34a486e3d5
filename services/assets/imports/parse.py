"""From the bytes of a file to rows of text: CSV (comma, semicolon, tab) or a JSON list of objects with the same names."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from libs.common.imports.columns import header_faults
from libs.common.imports.faults import Fault, FileFaultError
from libs.common.text import nfc
from services.assets.imports.columns import COLUMNS, NAMES

DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True)
class Parsed:
    """Rows in the order of NAMES, each after its number; what is wrong with header and shape."""

    rows: Sequence[tuple[int | str | None, ...]] = ()
    faults: Sequence[Fault] = ()


def parse(content: bytes, media: str, max_rows: int) -> Parsed:
    """Read a file; raises FileFaultError."""
    table = _objects(content) if media == "json" else _table(content)
    header = next(table, [])
    if not any(header):
        raise FileFaultError("empty_file")
    wrong = header_faults(COLUMNS, header)
    if wrong:
        return Parsed(faults=wrong)
    places = [header.index(name) if name in header else None for name in NAMES]
    rows: list[tuple[int | str | None, ...]] = []
    faults: list[Fault] = []
    for number, cells in enumerate(table, start=2):
        if len(cells) != len(header):
            if any(cells):
                faults.append((number, "", "row_shape", str(len(cells)), str(len(header))))
            continue
        tidy = [nfc(cell.strip()) or None for cell in cells]
        if any(tidy):
            rows.append((number, *(None if place is None else tidy[place] for place in places)))
        if len(rows) > max_rows:
            raise FileFaultError("too_many_rows", str(max_rows))
    if not rows and not faults:
        raise FileFaultError("empty_file")
    return Parsed(rows, faults)


def _table(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFaultError("encoding", str(content.count(b"\n", 0, error.start) + 1)) from error
    if "\0" in text:
        raise FileFaultError("unreadable", "NUL")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    try:
        for number, cells in enumerate(reader):
            yield [cell.strip() for cell in cells] if number == 0 else cells
    except csv.Error as error:
        raise FileFaultError("unreadable", str(error)) from error


def _objects(content: bytes) -> Iterator[list[str]]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FileFaultError("unreadable", str(error)) from error
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise FileFaultError("unreadable", "JSON: danh sách đối tượng / a list of objects")
    names = list(dict.fromkeys(name for entry in found for name in entry))
    yield names
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
