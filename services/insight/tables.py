"""Tables as CSV and Excel files: CSV with stable codes for programs, workbooks in Vietnamese for people.

Text that a spreadsheet would take for a formula stays text: CSV puts an apostrophe before it (OWASP, CSV injection); in a workbook the cell
says itself that it holds text. CSV begins with a byte order mark, without which Excel does not read Vietnamese.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from services.insight.words import TITLES, WORDS

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE_LENGTH = 31

Cell = str | int | float | bool | date | None
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001 - full-width signs start formulas too
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: `name` is the file's, without its ending, `title` the workbook's sheet's; words.py has a title for each of `header`."""

    name: str
    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def csv_bytes(sheet: Sheet) -> bytes:
    """Return the table as CSV (RFC 4180, UTF-8 with byte order mark)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.header)
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(sheet: Sheet) -> bytes:
    """Return the table as an Excel workbook with one sheet, written row by row."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.title[:TITLE_LENGTH])
    page.freeze_panes = "A2"
    page.append([_cell(page, TITLES[name]) for name in sheet.header])
    words = [WORDS.get(name, {}) for name in sheet.header]
    for row in sheet.rows:
        page.append([_cell(page, _in_words(cell, known)) for cell, known in zip(row, words, strict=True)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _in_words(cell: Cell, known: Mapping[str | None, str]) -> Cell:
    return known.get(cell, cell) if cell is None or isinstance(cell, str) else cell


def _plain(cell: Cell) -> Cell:
    """Return what stands in a CSV field."""
    if isinstance(cell, str):
        return "'" + cell if _FORMULA.match(cell) else cell
    return cell.isoformat() if isinstance(cell, date) else cell


def _cell(page: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    made = WriteOnlyCell(page, _NO_XML.sub("", value))
    made.data_type = "s"
    return made
