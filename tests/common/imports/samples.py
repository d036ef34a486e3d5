"""Files for the tests of every import: tables as CSV and XLSX, and the ways in which a file can be bad."""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence

from openpyxl import Workbook

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Table = Sequence[Sequence[str]]


def as_csv(lines: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(lines)
    return text.getvalue()


def as_xlsx(lines: Iterable[Sequence[object]], *, hidden_first: bool = False) -> bytes:
    book = Workbook(write_only=True)
    if hidden_first:
        book.create_sheet("Ghi chú").append(["note"])
    sheet = book.create_sheet("Dữ liệu")
    for line in lines:
        sheet.append([None if cell == "" else cell for cell in line])
    if hidden_first:
        book.worksheets[0].sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def content_digest(content: bytes) -> str:
    """Return the header by which a damaged upload is recognised."""
    return "sha-256=:" + base64.b64encode(hashlib.sha256(content).digest()).decode() + ":"


def swap(lines: Table, one: str, other: str) -> list[list[str]]:
    """Return the table with the values of two columns exchanged, the header left as it is."""
    first, second = lines[0].index(one), lines[0].index(other)
    swapped = [list(line) for line in lines]
    for line in swapped[1:]:
        line[first], line[second] = line[second], line[first]
    return swapped


def _repacked(content: bytes, name: str, data: bytes) -> bytes:
    """Return the workbook with one part replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, data)
    return target.getvalue()


def _packed_spaces(content: bytes) -> bytes:
    return _repacked(content, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (80 << 20) + b"</worksheet>")


def _entities(content: bytes) -> bytes:
    declared = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    return _repacked(content, "xl/sharedStrings.xml", declared)


def _hidden_encoding(content: bytes) -> bytes:
    return _repacked(content, "xl/workbook.xml", '<?xml version="1.0" encoding="UTF-16"?><workbook/>'.encode("utf-16"))


def _countless_parts(content: bytes) -> bytes:
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a") as archive:
        for number in range(300):
            archive.writestr(f"extra/{number}", "")
    return target.getvalue()


def _xlsx(spoil: Callable[[bytes], bytes]) -> Callable[[Table], bytes]:
    return lambda lines: spoil(as_xlsx(lines))


def _text(spoil: Callable[[str], bytes]) -> Callable[[Table], bytes]:
    return lambda lines: spoil(as_csv(lines))


def _wrong_byte(text: str) -> bytes:
    """Put a byte that is no UTF-8 into the last row."""
    return text.rstrip("\n").encode() + b"\xff\n"


UNREADABLE: dict[str, tuple[str, str, Callable[[Table], bytes]]] = {
    "UTF-16": (CSV, "encoding", _text(lambda text: text.encode("utf-16"))),
    "a byte of another encoding": (CSV, "encoding", _text(_wrong_byte)),
    "a NUL": (CSV, "unreadable", _text(lambda text: text.encode() + b"\0")),
    "a quote never closed": (CSV, "unreadable", _text(lambda text: text.encode() + b'"never closed')),
    "a header alone": (CSV, "empty_file", lambda lines: as_csv(lines[:1]).encode()),
    "packed spaces": (XLSX, "zip_bomb", _xlsx(_packed_spaces)),
    "entities": (XLSX, "zip_bomb", _xlsx(_entities)),
    "hidden encoding": (XLSX, "zip_bomb", _xlsx(_hidden_encoding)),
    "countless parts": (XLSX, "zip_bomb", _xlsx(_countless_parts)),
    "a workbook cut short": (XLSX, "unreadable", _xlsx(lambda content: content[: len(content) // 2])),
}
"""Name → media type, the code of the one fault that is told, and how a good table becomes such a file."""
FORMULAS = ("=1+1", "+cmd", "-cmd|' /C calc'!A0", "-1+1", "+84-214-3840", "+1-22-33", "@SUM(A1)", "=HYPERLINK(0)")
SIGNED = ("-1", "+84", "+84 214 3840", "+84 214 3840 000", "+84.214.3840", "-15.000,5")
"""Numbers and telephone numbers begin like formulas and are none."""
