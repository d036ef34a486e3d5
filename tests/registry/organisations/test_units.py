"""Administrative units: a code means something only with a date."""

from datetime import date

import pytest

from services.registry.organisations import units

BEFORE, AFTER = date(2020, 6, 1), date(2026, 11, 1)


def name_of(code: str, on: date) -> str | None:
    unit = units.find(code, on)
    return unit.name if unit else None


def test_one_code_two_units() -> None:
    assert "Kim Tân" in str(name_of("02647", BEFORE))
    assert name_of("02647", AFTER) == "Lào Cai"


@pytest.mark.parametrize(("on", "kind"), [(date(2026, 4, 29), "province"), (date(2026, 4, 30), "city")])
def test_a_superseded_version_ends_the_day_before_the_next_one(on: date, kind: str) -> None:
    unit = units.find("75", on)
    assert unit is not None
    assert unit.kind == kind


@pytest.mark.parametrize("text", ["Phường Lào Cai", "phuong lao cai"])
def test_a_name_leads_to_its_unit(text: str) -> None:
    unit = units.suggest(text, AFTER)
    assert unit is not None
    assert unit.full_name == "Phường Lào Cai"


def test_a_mistyped_code_leads_to_a_near_one() -> None:
    unit = units.suggest("026470", AFTER)
    assert unit is not None
    assert unit.code == "02647"


def test_what_leads_nowhere() -> None:
    assert units.suggest("qqqqqqqqqq", AFTER) is None
    assert units.find("99999", AFTER) is None


def test_before_the_two_tiers_only_the_present_lao_cai_is_known() -> None:
    assert units.is_verifiable("02647", BEFORE)
    assert not units.is_verifiable("30799", BEFORE)
    assert units.is_verifiable("30799", AFTER)
