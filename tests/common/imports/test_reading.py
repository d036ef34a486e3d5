"""From the bytes of a file to rows: encoding, delimiter, blank rows, cells of a workbook, objects of a JSON list."""

import io
from datetime import UTC, date, datetime

import pytest

from libs.common.imports import objects
from libs.common.imports.faults import FileFaultError
from libs.common.imports.sniff import layout, rows
from libs.common.imports.workbook import Bounds, cell_text


def test_cells_of_a_workbook_read_as_the_csv_would() -> None:
    given = [None, True, 5.0, 5, 2.5, date(2017, 9, 5), datetime(2017, 9, 5, tzinfo=UTC), "005"]
    assert [cell_text(cell) for cell in given] == ["", "true", "5", "5", "2.5", "2017-09-05", "2017-09-05", "005"]


def test_a_file_is_read_as_a_spreadsheet_shows_it() -> None:
    seen = io.BytesIO('\ufeffa;b\r\n1; x \r\n\r\n3;"y\r\nz"\r\n'.encode())
    told = layout(seen)
    assert (told.header, told.delimiter, told.even) == (("a", "b"), ";", False)
    assert list(rows(seen, ";")) == [(2, ["1", "x"]), (4, ["3", "y\r\nz"])]
    with pytest.raises(FileFaultError, match="encoding"):
        layout(io.BytesIO(b"a,b\n" + b"1,2\n" * 300_000 + b"\xff,2\n"))
    with pytest.raises(FileFaultError, match="empty_file"):
        layout(io.BytesIO(b"\xef\xbb\xbf \n"))


def test_a_json_list_becomes_the_same_table() -> None:
    table = io.BytesIO()
    objects.to_csv(io.BytesIO(b'[{"a": 1, "b": null}, {"c": true, "a": "x,\\u0000y"}]'), table, Bounds(2))
    assert layout(table).header == ("a", "b", "c")
    assert list(rows(table, ",")) == [(2, ["1", None, None]), (3, ["x,\ufffdy", None, "true"])]
    with pytest.raises(FileFaultError, match="too_many_rows"):
        objects.to_csv(io.BytesIO(b"[{}, {}]"), table, Bounds(1))
    for wrong in (b"{", b"{}", b"[1]"):
        with pytest.raises(FileFaultError, match="unreadable"):
            objects.to_csv(io.BytesIO(wrong), table, Bounds(1))
