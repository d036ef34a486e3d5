"""Turns the first visible sheet of an XLSX file into CSV, after making sure that opening it cannot hurt."""

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from libs.common.imports.faults import FileFaultError
from libs.common.imports.sniff import write

MAX_ENTRIES: Final = 200
MAX_UNPACKED_BYTES: Final = 512 << 20
MAX_SHARED_BYTES: Final = 128 << 20
MAX_RATIO: Final = 200
"""Sheets of the largest honest file here pack about 20 to 1."""
RATIO_FROM_BYTES: Final = 1 << 20
PROLOGUE_BYTES: Final = 64 * 1024
_DECLARATION: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a sheet is read."""

    rows: int
    columns: int = 64


def to_csv(file: IO[bytes], target: IO[bytes], bounds: Bounds) -> None:
    """Write the first visible sheet to `target` as CSV, row by row. Raises FileFaultError."""
    try:
        _guard(file)
        file.seek(0)
        write(_rows(file, bounds), target)
    except (
        BadZipFile,
        KeyError,
        ValueError,
        OSError,
        NotImplementedError,  # zipfile's word for a compression or version that it does not know
        zipfile.LargeZipFile,
        SyntaxError,
    ) as error:
        if isinstance(error, FileFaultError):
            raise
        raise FileFaultError("unreadable", "XLSX") from error


def _guard(file: IO[bytes]) -> None:
    """Refuse what unpacks to far more than it is. Sizes are the declared ones: zipfile never yields more than declared."""
    with ZipFile(file) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise FileFaultError("zip_bomb", f"> {MAX_ENTRIES} entries")
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
            raise FileFaultError("zip_bomb", f"> {MAX_UNPACKED_BYTES >> 20} MB")
        for entry in entries:
            packed = max(entry.compress_size, 1)
            if entry.file_size > RATIO_FROM_BYTES and entry.file_size / packed > MAX_RATIO:
                raise FileFaultError("zip_bomb", f"{entry.file_size // packed} : 1")
            if entry.filename.lower().endswith("sharedstrings.xml") and entry.file_size > MAX_SHARED_BYTES:
                raise FileFaultError("zip_bomb", f"> {MAX_SHARED_BYTES >> 20} MB")
            if entry.filename.lower().endswith((".xml", ".rels")):
                _guard_xml(archive, entry)


def _guard_xml(archive: ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse entity declarations: they must stand before the root element, and an office program never writes any."""
    with archive.open(entry) as part:
        prologue = part.read(PROLOGUE_BYTES)
    if b"\0" in prologue or _DECLARATION.search(prologue):
        raise FileFaultError("zip_bomb", "XML")


def _rows(file: IO[bytes], bounds: Bounds) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - it takes 6 MB, and most processes never see a workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions it leaves out; only values are read here
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    try:
        sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            raise FileFaultError("empty_file")
        sheet.reset_dimensions()
        width = 0
        for number, cells in enumerate(sheet.iter_rows(max_col=bounds.columns, values_only=True), start=1):
            # A blank row keeps its place, so that the report's row numbers are those of the sheet.
            row = _row(cells, width)
            width = width or len(row)
            yield row
            if number > bounds.rows + 1:
                raise FileFaultError("too_many_rows", str(bounds.rows))
    finally:
        book.close()


def _row(cells: Iterable[object], width: int) -> list[str]:
    """Return the row without trailing blanks, but as wide as the header; a blank row is empty."""
    texts = [cell_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts + [""] * (width - len(texts)) if texts else []


def cell_text(value: object) -> str:
    """Return a cell as the CSV form of the same file would have it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
