"""Tables as CSV and Excel files. Text that a spreadsheet would take for a formula stays text.

CSV begins with a byte order mark, without which Excel does not read Vietnamese, and puts an apostrophe before such text (OWASP, CSV
injection); in a workbook the cell says itself that it holds text.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE_LENGTH = 31

Cell = str | int | float | bool | date | None
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001 - full-width signs start formulas too
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: `name` is the file's, without its ending."""

    name: str
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
    page = book.create_sheet(sheet.name[:TITLE_LENGTH])
    page.freeze_panes = "A2"
    page.append([_cell(page, name) for name in sheet.header])
    for row in sheet.rows:
        page.append([_cell(page, cell) for cell in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


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
