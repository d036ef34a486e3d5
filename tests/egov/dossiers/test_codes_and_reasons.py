"""Dossier codes in their national formats, and reasons in plain words whose guards hold."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.egov.clock.rulebook import rulebook
from services.egov.dossiers import reasons
from services.egov.dossiers.codes import NumbersUsedUpError, dossier_code, formats_of
from services.egov.dossiers.reasons import Chosen, Facts

ONLINE = Facts(online=True, relation_verified=True, sending_inside=True)
FORMATS = rulebook().code_formats


@given(
    st.dates(date(2025, 7, 1), date(2099, 12, 31)), st.integers(1, 9999), st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{2,3}){0,3}", fullmatch=True)
)
def test_every_code_made_here_fits_the_format_of_2025_alone(day: date, number: int, agency: str) -> None:
    assert formats_of(dossier_code(agency, day, number), FORMATS) == ["code_2025"]


def test_good_and_bad_examples_of_the_facts() -> None:
    for one in FORMATS:
        for code in one.good:
            assert formats_of(code, FORMATS) == [one.id], code
        for code in one.bad:
            assert formats_of(code, FORMATS) == [], code
    assert formats_of("H38-260230-0001", FORMATS) == []  # the thirtieth of February


def test_wrong_parts_are_refused() -> None:
    with pytest.raises(NumbersUsedUpError):
        dossier_code("H38", date(2026, 11, 9), 10_000)
    with pytest.raises(ValueError, match="38"):
        dossier_code("38", date(2026, 11, 9), 1)


def test_the_catalogue_of_reasons() -> None:
    found = reasons.reasons()
    assert len(found) == 40
    assert {kind: sum(one.kind == kind for one in found.values()) for kind in ("supplement", "refuse", "close")} == {
        "supplement": 18,
        "refuse": 21,
        "close": 1,
    }
    assert set(reasons.GUARDED) <= set(found)
    for one in found.values():
        assert set(one.rules) <= set(rulebook().items), one.code


@pytest.mark.parametrize("code", sorted(reasons.GUARDED))
def test_guards_forbid_what_the_data_contradict(code: str) -> None:
    kind = reasons.reasons()[code].kind
    values = dict.fromkeys(reasons.reasons()[code].placeholders, "x")
    assert [fault.code for fault in reasons.check(kind, [Chosen(code, values)], ONLINE)] == ["guard"]


def test_reasons_of_the_other_kind_and_open_placeholders_are_told() -> None:
    chosen = [Chosen("TC10", {}), Chosen("BS02", {}), Chosen("BS02", {"noi_dung": "x", "ngay": "y"}), Chosen("XX99", {})]
    assert [(fault.index, fault.code) for fault in reasons.check("supplement", chosen, ONLINE)] == [
        (0, "unknown_reason"),
        (1, "missing_values"),
        (2, "surplus_values"),
        (3, "unknown_reason"),
    ]


@pytest.mark.parametrize(
    ("code", "values", "faults"),
    [
        ("TC06", {"ngay": "1/8/2026"}, ["missing_values"]),  # the next window: nobody but the desk knows it
        ("TC06", {"ngay": "1/8/2026", "han_nop": "1/6/2027"}, []),
        ("TC14", {}, ["missing_values"]),  # the code of the other dossier, not of this one
        ("TC14", {"ma_ho_so": "H38-261109-0001"}, []),
    ],
)
def test_what_only_the_desk_knows_of_a_refusal_is_asked_for(code: str, values: dict[str, str], faults: list[str]) -> None:
    assert [fault.code for fault in reasons.check("refuse", [Chosen(code, values)], ONLINE)] == faults


def test_the_reply_date_of_a_supplement_is_the_clocks_alone() -> None:
    values = dict.fromkeys(reasons.reasons()["BS03"].placeholders, "x")
    assert [fault.code for fault in reasons.check("supplement", [Chosen("BS03", values)], ONLINE)] == ["surplus_values"]
    del values["han_nop"]
    assert reasons.check("supplement", [Chosen("BS03", values)], ONLINE) == []


@pytest.mark.parametrize("one", reasons.reasons().values(), ids=lambda one: one.code)
def test_no_notice_goes_out_with_an_open_placeholder(one: reasons.Reason) -> None:
    filled = reasons.FILLED[one.kind]
    given = {name: "x" for name in one.placeholders if name not in filled}
    (sentence,) = reasons.render([Chosen(one.code, given)], dict.fromkeys(filled, "y"))
    assert "{" not in sentence["text_vi"] + sentence["next_vi"]


def test_a_notice_says_the_fact_and_what_to_do() -> None:
    (sentence,) = reasons.render([Chosen("BS02", {"noi_dung": "lớp"})], {"noi_nop": "Trường S2"})
    assert sentence["text_vi"] == "Mẫu đơn chưa điền đủ hoặc dùng mẫu cũ. Cần sửa các mục: lớp."
    assert "Trường S2" in sentence["next_vi"]
    assert "{" not in sentence["text_vi"] + sentence["next_vi"]
