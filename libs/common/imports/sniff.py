"""Looks at a file before PostgreSQL does: format, encoding, delimiter, header, and whether the fast path is safe."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from libs.common.imports.faults import FileFaultError
from libs.common.text import nfc

CHUNK_BYTES: Final = 1 << 20
HEADER_BYTES: Final = 64 * 1024
BOM: Final = b"\xef\xbb\xbf"
ZIP_MAGIC: Final = b"PK\x03\x04"
DELIMITERS: Final = (",", ";", "\t")
# Cells with outer spaces, quoted empty cells, accents written apart (lead bytes CC and CD), blank lines or \. (end of data to older
# servers) need our own reader.
_UNEVEN: Final = (
    *(mark for delimiter in (b",", b";", b"\t") for mark in (delimiter + b" ", b" " + delimiter)),
    *(b'""', b'" ', b' "', b" \n", b" \r", b"\n ", b"\n\n", b"\n\r\n", b"\n\\.", b"\xcc", b"\xcd"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What was seen of a CSV file. `even`: PostgreSQL can read its bytes as they are and get what we would."""

    header: tuple[str, ...]
    delimiter: str
    header_bytes: int
    even: bool


def is_workbook(start: bytes) -> bool:
    """Tell an XLSX file (a ZIP archive) by its first bytes."""
    return start.startswith(ZIP_MAGIC)


def layout(file: IO[bytes]) -> Layout:
    """Read header and encoding of a CSV file. Raises FileFaultError."""
    file.seek(0)
    start = file.read(HEADER_BYTES)
    if not start.removeprefix(BOM).strip():
        raise FileFaultError("empty_file")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileFaultError("encoding", "1")
    end = start.find(b"\n") + 1 or len(start)
    try:
        line = start[:end].removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        raise FileFaultError("encoding", "1") from error
    delimiter = max(DELIMITERS, key=line.count)
    header = tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter), []))
    file.seek(0)
    return Layout(header, delimiter, end, _is_even(chunks(file)))


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of the file in pieces."""
    while piece := file.read(CHUNK_BYTES):
        yield piece


def _is_even(pieces: Iterable[bytes]) -> bool:
    """Check the encoding of the whole file (raises FileFaultError with the line) and look for what the fast path would misread."""
    lines, even, rest = 1, True, b""
    for piece in pieces:
        # Whole lines only, so that no character and no pattern is cut in two.
        head, newline, tail = (rest + piece).rpartition(b"\n")
        block, rest = head + newline, tail
        even = _check(block, lines) and even
        lines += block.count(b"\n")
    return _check(rest, lines) and even


def _check(block: bytes, line: int) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError as error:
        wrong = line + block.count(b"\n", 0, error.start)
        raise FileFaultError("encoding", str(wrong), wrong) from error
    if b"\0" in block:
        raise FileFaultError("unreadable", "ký tự NUL / NUL character", line + block.count(b"\n", 0, block.index(b"\0")))
    return not any(mark in block for mark in _UNEVEN) and block.count(b"\r") == block.count(b"\r\n")


def rows(file: IO[bytes], delimiter: str) -> Iterator[tuple[int, list[str | None]]]:
    """Yield the rows below the header with their numbers as a spreadsheet shows them; blank rows are left out, empty cells are None."""
    file.seek(0)
    reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            values = [nfc(cell.strip()) or None for cell in cells]
            if number > 1 and any(values):
                yield number, values
    except csv.Error as error:
        raise FileFaultError("unreadable", str(error), number + 1) from error


def write(rows: Iterable[Sequence[str]], target: IO[bytes]) -> None:
    """Write rows, the header first, as CSV."""
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    try:
        csv.writer(text, lineterminator="\n").writerows(rows)
    finally:
        text.detach()


def _lines(file: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(file):
        yield (line.removeprefix(BOM) if number == 0 else line).decode()
