"""Headers of files: free order, Vietnamese headings and misspellings recognised, what is unknown, doubled or missing said in one go."""

from datetime import date

import pytest

from libs.common.imports.cells import read_day
from libs.common.imports.columns import BOOLEAN, DAY, TITLE, Column, Form, header_faults, nearest, one_of
from libs.common.imports.faults import BETWEEN, SENTENCES, Fault, Sentence, is_formula
from tests.common.imports.samples import FORMULAS, SIGNED

COLUMNS = (
    Column("school_code", "Mã trường", TITLE, required=True),
    Column("opened_on", "Ngày mở", DAY),
    Column("open", "Đang mở", BOOLEAN),
)


def hint(name: str) -> str:
    return f"Có phải ý bạn là “{name}”?{BETWEEN}Did you mean “{name}”?"


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
        (TITLE, ["Trường số 1", "x" * 300, *SIGNED], [*FORMULAS, "x" * 301, "a\x07"]),
        (one_of(["a", "b"]), ["a", "b"], ["ab", "c"]),
    ],
)
def test_a_form_tells_its_values(form: Form, fitting: list[str], others: list[str]) -> None:
    assert all(map(form.fits, fitting))
    assert not any(map(form.fits, others))


def test_a_signed_number_is_no_formula() -> None:
    assert all(map(is_formula, FORMULAS))
    assert not any(map(is_formula, (*SIGNED, "Máy tính", "")))


def test_a_short_list_is_told_whole_and_a_long_one_by_its_size_and_nearest() -> None:
    assert one_of(["a", "b"], "elsewhere").vi == "một trong: a, b"
    codes = [f"code_{letter}" for letter in "abcdefghijk"]
    told = one_of(codes, "GET /codes")
    assert (told.en, told.values) == ("one of the codes of GET /codes{hint}", tuple(codes))
    said = Sentence("Sai{hint}.", "Wrong{hint}.").about("", nearest("Code  A", codes))
    assert said == ("Sai (11 mã, gần nhất: code_a).", "Wrong (11 codes, nearest: code_a).")
    assert nearest("xyz", codes).split(BETWEEN) == [" (11 mã)", " (11 codes)"]


def test_words_of_a_hint_are_told_in_the_language_of_the_sentence() -> None:
    ((_, _, code, value, words),) = header_faults(COLUMNS, ["school_code", "ngay mo"])
    assert SENTENCES[code].about(value, words) == (
        "Cột “ngay mo” không tồn tại. Có phải ý bạn là “opened_on”?",
        "Unknown column “ngay mo”. Did you mean “opened_on”?",
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2017-09-05", date(2017, 9, 5)),
        ("5/9/2017", date(2017, 9, 5)),
        ("2017-02-30", None),
        ("31/02/2017", None),
        ("2017-09", None),
        ("2017-9-5", None),
        ("05-09-2017", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_both_spellings(text: str, day: date | None) -> None:
    assert read_day(text) == day
    assert day is None or DAY.fits(text)
