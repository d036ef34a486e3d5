"""Vietnamese text: forms, tones, search keys and names."""

from __future__ import annotations

import unicodedata

import pytest

from libs.common.text import NameParts, fold, nfc, place_tones, same_name, split_name, tidy_name, tone_key


@pytest.mark.parametrize(
    ("written", "official"),
    [
        ("Hoà", "Hòa"),
        ("HOÀ", "HÒA"),
        ("Thuỷ", "Thủy"),
        ("THUỶ", "THỦY"),
        ("loè loẹt", "lòe loẹt"),
        ("Quý", "Quý"),
        ("quỳ", "quỳ"),
        ("Hoàn", "Hoàn"),
        ("khuỷu", "khuỷu"),
        ("Thuý Hoà, Tuỵ", "Thúy Hòa, Tụy"),
        ("Phố Bảng", "Phố Bảng"),
    ],
)
def test_tones_are_placed_as_in_official_lists(written: str, official: str) -> None:
    assert place_tones(written) == official
    assert place_tones(unicodedata.normalize("NFD", written)) == official
    assert place_tones(official) == official


def test_names_are_compared_without_regard_to_where_the_tone_is_written() -> None:
    assert same_name("Nguyễn Thị  Hoà", "NGUYỄN THỊ HÒA")
    assert same_name("Hòan", "Hoàn")
    assert not same_name("Hòa", "Hóa")
    assert not same_name("Hoa", "Hòa")
    assert tone_key("Thuỷ") == tone_key("Thủy")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Đặng Thị Ánh Nguyệt", "dang thi anh nguyet"),
        ("  Giàng\tA \u00a0 Sùng\n", "giang a sung"),
        ("Ea H'Leo", "ea h'leo"),
        ("ČƯ M'gar, Ñ", "cu m'gar, n"),
        ("Lớp 9A/2", "lop 9a/2"),
        ("", ""),
    ],
)
def test_the_search_key_is_what_one_types_without_accents(text: str, key: str) -> None:
    assert fold(text) == key
    assert fold(unicodedata.normalize("NFD", text)) == key
    assert fold(key) == key


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nguyễn Thị Minh Khai", NameParts("Nguyễn", "Thị Minh", "Khai")),
        ("Giàng Sùng", NameParts("Giàng", "", "Sùng")),
        ("Khai", NameParts("", "", "Khai")),
        ("  Lý   A  Páo ", NameParts("Lý", "A", "Páo")),
        ("", NameParts("", "", "")),
    ],
)
def test_a_name_is_split_into_its_parts(name: str, parts: NameParts) -> None:
    assert split_name(name) == parts


def test_a_stored_name_keeps_its_letter_case() -> None:
    assert tidy_name(" NGUYỄN  thị\u00a0Hoà ") == "NGUYỄN thị Hòa"
    assert nfc("e\u0302\u0301") == "ế"
