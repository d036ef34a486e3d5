"""The catalogue: all 106 procedures, their versions by day, limits by condition and role, papers with both names."""

from datetime import date
from typing import Any

import pytest

from services.egov.procedures import rules, service
from services.egov.procedures.catalogue import FILE_VARIABLE, catalogue, read_catalogue
from services.egov.procedures.schemas import ProcedureQuery
from tests.egov.conftest import World

TODAY = date(2026, 11, 25)


def test_every_procedure_can_be_read() -> None:
    found = [service.get(code, TODAY) for code in catalogue().procedures]
    assert len(found) == 106
    assert len(service.codes_only()) == 47 + 6
    assert len(catalogue().papers) == 138
    assert sum(len(one.limits) for one in found) == 234
    for one in found:
        for limit in one.limits:
            assert (limit.value is None) is (limit.unit == "none"), one.code
        for paper in one.papers:
            assert paper.name_en
    assert sum("school" in one.agency_level for one in found) == 33


@pytest.mark.parametrize(
    ("code", "on", "limits"),
    [
        ("1.008725", date(2026, 3, 14), {"total": 20, "defect_notice": 5}),
        ("1.008725", date(2026, 3, 15), {"total": 13, "defect_notice": 3}),
        ("2.002854", date(2026, 5, 9), {}),
        ("2.002854", date(2026, 5, 10), {"total": 8, "after_decision": 5}),
    ],
)
def test_versions_change_on_their_day(code: str, on: date, limits: dict[str, int]) -> None:
    assert {limit.role: limit.value for limit in service.get(code, on).limits} == limits


def test_the_slow_case_of_a_foreign_diploma_became_shorter() -> None:
    def totals(on: date) -> list[int | None]:
        return [limit.value for limit in service.get("1.004889", on).limits if limit.role == "total"]

    assert totals(date(2026, 9, 25)) == [20, 45]
    assert totals(date(2026, 9, 26)) == [20, 30]


def test_nineteen_procedures_have_a_dated_earlier_version_and_versions_never_overlap() -> None:
    earlier = {code: one for code, one in catalogue().procedures.items() if one["earlier_versions"]}
    assert len(earlier) == 19
    for code, one in earlier.items():
        starts = date.fromisoformat(one["version"]["valid_from"])
        before, after = rules.in_force(one, date.fromordinal(starts.toordinal() - 1)), rules.in_force(one, starts)
        assert before is not None, code
        assert after is not None, code
        assert before.version != after.version, code


def test_before_the_first_version_there_is_no_procedure_and_after_a_time_limited_one_the_earlier_comes_back() -> None:
    assert service.holding("2.002854", date(2002, 12, 24)) is None
    limited: list[dict[str, Any]] = [
        dict(one) for one in catalogue().procedures.values() if one["version"] and one["version"]["valid_to"] and one["earlier_versions"]
    ]
    assert limited
    for one in limited:
        back = rules.in_force(one, date(2027, 3, 1))
        assert back is not None
        assert back.limits == one["earlier_versions"][0]["limits"], one["code"]


def test_the_promise_of_a_school_transfer_depends_on_where_the_learner_comes_from() -> None:
    held = service.holding("2.002854", TODAY)
    assert held is not None
    inside, outside = (rules.promise(held.limits, words) for words in ("same province", "another province"))
    assert inside is not None
    assert outside is not None
    assert (inside["value"], outside["value"]) == (5, 8)
    assert rules.promise(held.limits, "on the moon") is None
    assert rules.promise(held.limits, "province") is None  # two fit: no promise


def test_filters() -> None:
    by_level = service.find_all(ProcedureQuery(agency_level="school", kind="public"), TODAY)
    assert all("school" in one.agency_level for one in by_level)
    assert [one.code for one in service.find_all(ProcedureQuery(q="chuyen truong"), TODAY)][:1] == ["2.002854"]
    assert len(service.find_all(ProcedureQuery(), date(2025, 8, 1))) < 106


def test_a_named_file_replaces_the_packaged_one(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "procedures.yaml"
    file.write_text("{meta: {as_of: '2027-01-01'}, papers: {}, procedures: [], superseded_codes: [], catalogue_only: []}", encoding="utf-8")
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    catalogue.cache_clear()
    try:
        assert catalogue() == read_catalogue(file.read_text(encoding="utf-8"))
        assert catalogue().as_of == "2027-01-01"
    finally:
        monkeypatch.delenv(FILE_VARIABLE)
        catalogue.cache_clear()


async def test_routes(world: World) -> None:
    guardian = world.mother
    listed = (await guardian.get("/procedures", as_of="2026-11-25", agency_level="school")).json()
    assert listed["count"] == len(listed["items"]) == 33
    one = (await guardian.get("/procedures/2.002854", as_of="2026-11-25")).json()
    assert one["version"]["valid_from"] == "2026-05-10"
    assert one["papers"][0]["key"] == "transfer_application"
    assert (await guardian.get("/procedures/2.002854", as_of="2001-01-01")).status_code == 404
    assert (await guardian.get("/procedures/9.999999")).status_code == 404
    assert (await guardian.get("/procedures", as_off="2026-11-25")).status_code == 422
    assert len((await guardian.get("/status-codes")).json()["items"]) == 10
    assert len((await guardian.get("/reasons")).json()["items"]) == 40
    assert len((await guardian.get("/procedures/codes-only")).json()["items"]) == 53


async def test_deadlines_for_anybody(world: World) -> None:
    due = (await world.mother.get("/deadlines", start="2026-11-16T15:01:00+07:00", value=5)).json()
    assert due["due_at"] == "2026-11-23T17:00:00+07:00"
    assert due["certain"] is True
    linked = (await world.mother.get("/deadlines", start="2026-11-16T15:01:00+07:00", value=5, linked=True)).json()
    assert linked["due_at"] == "2026-11-25T17:00:00+07:00"
    assert "linked_cutoff" in [why["rule"] for why in linked["why"]]
    assert (await world.mother.get("/deadlines", start="2026-11-16T15:01:00", value=5)).status_code == 422
    for start in ("1999-11-16T15:01:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2042-12-31T00:00:00Z"):
        for unit in ("working_day", "working_hour", "calendar_day", "month"):
            answer = await world.mother.get("/deadlines", start=start, value=900, unit=unit, linked=True)
            assert answer.status_code == 422, (start, unit)
