"""Headers of files: free order, Vietnamese headings and misspellings recognised, what is unknown, doubled or missing said in one go."""

import pytest

from libs.common.imports.columns import BOOLEAN, DAY, TITLE, Column, Form, header_faults, one_of
from libs.common.imports.faults import Fault

COLUMNS = (
    Column("school_code", "Mã trường", TITLE, required=True),
    Column("opened_on", "Ngày mở", DAY),
    Column("open", "Đang mở", BOOLEAN),
)


def hint(name: str) -> str:
    return f"Có phải ý bạn là / Did you mean “{name}”?"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["open", "school_code"], []),
        (["school_code", "opened_on", "opened_on"], [(1, "opened_on", "doubled_column", "opened_on", "")]),
        (["opened_on"], [(1, "school_code", "missing_column", "school_code", "")]),
        (["school_code", "ngay mo"], [(1, "ngay mo", "unknown_column", "ngay mo", hint("opened_on"))]),
        (["school_code", "Ngày mửo"], [(1, "Ngày mửo", "unknown_column", "Ngày mửo", hint("opened_on"))]),
        (["school_code", "Opened onn"], [(1, "Opened onn", "unknown_column", "Opened onn", hint("opened_on"))]),
        (["school_code", "zzz"], [(1, "zzz", "unknown_column", "zzz", "")]),
    ],
)
def test_a_header_is_matched_against_the_columns(header: list[str], found: list[Fault]) -> None:
    assert header_faults(COLUMNS, header) == found


@pytest.mark.parametrize(
    ("form", "fitting", "others"),
    [
        (DAY, ["2026-01-31", "1/9/2026"], ["2026", "soon", ""]),
        (BOOLEAN, ["true", "0"], ["yes", "True "]),
        (TITLE, ["Trường số 1", "x" * 300], ["=1", "+84", "x" * 301, "a\x07"]),
        (one_of(["a", "b"]), ["a", "b"], ["ab", "c"]),
    ],
)
def test_a_form_tells_its_values(form: Form, fitting: list[str], others: list[str]) -> None:
    assert all(map(form.fits, fitting))
    assert not any(map(form.fits, others))
