"""Wear over HTTP: one asset step by step, a year, stored runs, the rule set as data."""

import random
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.assets.wear import service
from services.assets.wear.ruleset import packaged
from services.assets.wear.schemas import AssetWearOut, WearResultOut, WearRunOut, YearWearOut
from tests.assets.conftest import World, computer
from tests.assets.oracle import Piece, accumulated
from tests.assets.test_wear_rules import draw

COST_CHANGE = """
WITH told AS (UPDATE asset SET cost = $4 WHERE asset_code = $1 RETURNING asset_id, organisation_path)
INSERT INTO asset_cost_change (asset_id, changed_on, reason, cost_before, cost_after, organisation_path)
SELECT asset_id, $2, 'approved_upgrade', $3, $4, organisation_path FROM told RETURNING 1"""
STORED = """
SELECT a.asset_code, r.quantity, r.wear, r.accumulated FROM wear_result r JOIN asset a USING (asset_id) WHERE r.run_id = $1"""


async def test_one_asset_step_by_step(world: World) -> None:
    made = await world.school.must("/assets", computer(first_used_on="2023-05-01"))
    answer = await world.school.get(f"/assets/{made['asset_id']}/wear", as_of="2026-11-25")
    found = AssetWearOut.model_validate(answer.json())
    assert [(step.year, step.wear, step.rule, step.regime) for step in found.steps] == [
        (2023, 3_000_000, "yearly", "23/2023"),
        (2024, 3_000_000, "yearly", "23/2023"),
        (2025, 3_000_000, "yearly", "23/2023"),
        (2026, 1_500_000, "spread", "141/2025"),
    ]
    assert (found.quantity, found.wear, found.accumulated, found.remaining) == (14, 21_000_000, 147_000_000, 63_000_000)
    assert (found.rule_set.id, found.rule_set.version, found.wear_class) == ("public-assets", 1, "computer")
    assert "chia đều" in found.steps[-1].why_vi
    early = (await world.school.get(f"/assets/{made['asset_id']}/wear", as_of="2020-01-01")).json()
    assert (early["steps"], early["wear"], early["remaining"]) == ([], 0, 14 * 15_000_000)
    assert (await world.school.get(f"/assets/{made['asset_id']}/wear", as_of="soon")).status_code == 422


async def plant(world: World) -> None:
    await world.admin.must("/assets", computer())
    await world.admin.must("/assets", computer(asset_code="B", organisation_code="S2", quantity=1))
    await world.admin.must("/assets", computer(asset_code="TOOL", cost=9_900_000))
    await world.admin.must(
        "/assets", computer(asset_code="ROOM", class_code="classroom", quantity=1, cost=500_000_000, wear_class="house_3")
    )
    await world.admin.must("/assets", computer(asset_code="GONE", valid_to="2026-06-01"))
    await world.admin.must("/assets", computer(asset_code="LATER", valid_from="2027-01-01"))
    line = {"organisation_code": "S1", "asset_code": "L", "class_code": "ftth", "valid_from": "2017-01-01"}
    await world.admin.must("/assets", line)


async def test_a_year_of_everything_held_on_its_last_day(world: World) -> None:
    await plant(world)
    found = YearWearOut.model_validate((await world.admin.get("/wear", organisation="P", year=2026)).json())
    told = {(entry.wear_class, entry.standing): (entry.assets, entry.pieces, entry.wear) for entry in found.classes}
    assert told == {
        (None, "no_cost"): (1, 1, 0),
        ("computer", "tool"): (1, 14, 0),
        ("computer", "wears"): (2, 15, 15 * 2_143_500),
        ("house_3", "wears"): (1, 1, 20_000_000),
    }
    assert found.wear == 15 * 2_143_500 + 20_000_000
    own = (await world.caller("school_admin@S2").get("/wear", organisation="S2", year=2026)).json()
    assert (own["assets"], own["wear"]) == (1, 2_143_500)
    assert (await world.caller("school_admin@S2").get("/wear", organisation="P", year=2026)).status_code == 404


async def test_a_run_stores_result_rule_set_and_steps(world: World) -> None:
    await plant(world)
    officer = world.caller("province_officer@P")
    made = WearRunOut.model_validate(await officer.must("/wear/runs", {"organisation_code": "P", "year": 2026}, Idempotency_Key="r"))
    again = await officer.must("/wear/runs", {"organisation_code": "P", "year": 2026}, Idempotency_Key="r")
    assert again["run_id"] == str(made.run_id)
    year = (await officer.get("/wear", organisation="P", year=2026)).json()
    assert (made.assets, made.wear, made.accumulated, made.remaining) == tuple(
        year[name] for name in ("assets", "wear", "accumulated", "remaining")
    )
    assert (made.wearing, made.rule_set.version) == (3, 1)
    path = f"/wear/runs/{made.run_id}"
    assert WearRunOut.model_validate((await officer.get(path)).json()) == made
    assert [run["run_id"] for run in (await officer.get("/wear/runs", year=2026, organisation="P")).json()["items"]] == [str(made.run_id)]
    results = [WearResultOut.model_validate(item) for item in (await officer.get(path + "/results")).json()["items"]]
    by_code = {result.asset_code: result for result in results}
    assert (by_code["MVT-01"].wear, by_code["MVT-01"].steps[0].rule) == (14 * 2_143_500, "yearly")
    assert (by_code["TOOL"].wear, by_code["TOOL"].standing, by_code["TOOL"].steps) == (0, "tool", [])
    # A school sees its own results of the province's run, not the run.
    school = world.caller("school_admin@S2")
    assert (await school.get(path)).status_code == 404
    assert [item["asset_code"] for item in (await school.get(path + "/results")).json()["items"]] == ["B"]
    assert (await school.send("POST", "/wear/runs", {"organisation_code": "P", "year": 2026})).status_code == 404
    assert (await school.send("POST", "/wear/runs", {"organisation_code": "S2", "year": 1})).status_code == 422
    assert (await world.caller("teacher@S2").send("POST", "/wear/runs", {"organisation_code": "S2", "year": 2026})).status_code == 403


def written(number: int, piece: Piece) -> dict[str, Any]:
    """Return the row of an import that records the piece with its first cost."""
    day = f"{piece.first_year}-03-01"
    row = {"organisation_code": "S1", "asset_code": f"R{number}", "class_code": "other_device", "wear_class": piece.key, "cost": piece.cost}
    row |= {"second_hand_years": piece.second_hand, "first_used_on": day, "valid_from": day, "quantity": 1 + number % 3}
    return row | ({"opening_year": piece.opening[0], "opening_accumulated": piece.opening[1]} if piece.opening else {})


@pytest.mark.parametrize("year", [2025, 2026, 2031])
async def test_a_run_over_random_assets_equals_the_slow_calculation(world: World, year: int) -> None:
    """From the records through SQL to the stored results: nothing is lost between the tables and the engine."""
    chance = random.Random(year)
    pieces = [draw(chance) for _ in range(300)]
    imported = await world.school.file(orjson.dumps([written(number, piece) for number, piece in enumerate(pieces)]), "application/json")
    assert imported.json()["created"] == len(pieces), imported.text
    for number, piece in enumerate(pieces):
        before = piece.cost
        for changed, after in piece.costs:
            await world.rows(COST_CHANGE, f"R{number}", date(changed, 6, 1), before, after)
            before = after
    made = await world.school.must("/wear/runs", {"organisation_code": "S1", "year": year})
    found = await world.rows(STORED, UUID(made["run_id"]))
    held = {number: piece for number, piece in enumerate(pieces) if piece.first_year <= year}
    assert made["assets"] == len(found) == len(held)
    for code, quantity, booked, total in found:
        piece = held[int(code[1:])]
        if piece.opening and piece.opening[0] >= year:
            assert (booked, total) == (0, piece.opening[1] * quantity) or piece.cost < 10_000_000
        else:
            assert total == accumulated(piece, year) * quantity, piece
            assert booked == total - (accumulated(piece, year - 1) if piece.first_year < year or piece.opening else 0) * quantity, piece


async def test_whoever_holds_it_on_the_last_day_of_december_books_the_year(world: World) -> None:
    """The edges of a year, in the sum that is computed and in the run that is stored alike."""
    for code, others in {
        "TO-NEW-YEAR": {"valid_to": "2026-01-01", "valid_from": "2020-01-01"},
        "TO-LAST-DAY": {"valid_to": "2025-12-31", "valid_from": "2020-01-01"},
        "FROM-LAST-DAY": {"valid_from": "2025-12-31"},
        "FROM-NEW-YEAR": {"valid_from": "2026-01-01"},
    }.items():
        await world.school.must("/assets", computer(asset_code=code, quantity=1, **others))
    for year, held in ((2025, ["FROM-LAST-DAY", "TO-NEW-YEAR"]), (2026, ["FROM-LAST-DAY", "FROM-NEW-YEAR"])):
        made = await world.school.must("/wear/runs", {"organisation_code": "S1", "year": year})
        assert sorted(code for code, *_ in await world.rows(STORED, UUID(made["run_id"]))) == held
        assert (await world.school.get("/wear", organisation="S1", year=year)).json()["assets"] == len(held)


async def test_what_does_not_wear_yet_or_at_all_keeps_its_cost(world: World) -> None:
    await world.school.must("/assets", computer(asset_code="TOOL", quantity=2, cost=9_000_000))
    taken = {"opening_year": 2027, "opening_accumulated": 4_000_000}
    await world.school.must("/assets", computer(asset_code="TAKEN-OVER", quantity=2, cost=20_000_000, **taken))
    made = await world.school.must("/wear/runs", {"organisation_code": "S1", "year": 2026})
    results = (await world.school.get(f"/wear/runs/{made['run_id']}/results")).json()["items"]
    told = {item["asset_code"]: (item["wear"], item["accumulated"], item["remaining"]) for item in results}
    assert told == {"TOOL": (0, 0, 18_000_000), "TAKEN-OVER": (0, 8_000_000, 32_000_000)}
    assert (await world.school.get("/wear", organisation="S1", year=2026)).json()["remaining"] == 50_000_000


async def test_results_of_a_run_out_of_sight_are_not_there(world: World) -> None:
    await world.admin.must("/assets", computer())
    made = await world.admin.must("/wear/runs", {"organisation_code": "S1", "year": 2026})
    empty = await world.admin.must("/wear/runs", {"organisation_code": "C2", "year": 2026})
    other = world.caller("school_admin@S2")
    for run in (made["run_id"], empty["run_id"], "01900000-0000-7000-8000-000000000001"):
        assert (await other.get(f"/wear/runs/{run}")).status_code == 404
        assert (await other.get(f"/wear/runs/{run}/results")).status_code == 404
    assert (await world.admin.get(f"/wear/runs/{empty['run_id']}/results")).json()["items"] == []


async def test_a_run_over_nothing_is_a_run(world: World) -> None:
    made = await world.admin.must("/wear/runs", {"organisation_code": "C2", "year": 2026})
    assert (made["assets"], made["wear"]) == (0, 0)


def test_wear_is_final_from_december(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    for day in ("2026-11-30", "2026-12-01", "2027-01-01"):
        monkeypatch.setattr(service, "today", lambda day=day: date.fromisoformat(day))
        told[day] = [service.is_provisional(year) for year in (2025, 2026, 2027)]
    assert told == {"2026-11-30": [False, True, True], "2026-12-01": [False, False, True], "2027-01-01": [False, False, True]}


def corrected(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = packaged().rules.model_dump(mode="json")
    return body | changes


async def test_a_corrected_rule_set_is_a_new_version_and_needs_no_release(world: World) -> None:
    made = await world.school.must("/assets", computer(quantity=1))
    first = await world.school.must("/wear/runs", {"organisation_code": "S1", "year": 2026})
    body = corrected()
    body["regimes"][1]["rates"]["computer"] = {"life": 5, "percent": "20"}
    for grant in ("school_admin@S1", "province_officer@P"):
        assert (await world.caller(grant).send("POST", "/wear/rule-sets", body)).status_code == 403
        same = await world.caller(grant).send("POST", "/wear/rule-sets", corrected())
        assert same.status_code == 403, "that nothing would change is no permission"
    added = await world.admin.must("/wear/rule-sets", body)
    assert (added["version"], added["rules"]["regimes"][1]["rates"]["computer"]["life"]) == (2, 5)
    assert (await world.admin.must("/wear/rule-sets", body))["version"] == 2
    assert (await world.school.get("/wear/rule-set")).json() == added
    worn = (await world.school.get(f"/assets/{made['asset_id']}/wear", as_of="2026-12-31")).json()
    assert (worn["wear"], worn["rule_set"]["version"]) == (3_000_000, 2)
    kept = (await world.school.get("/wear/runs/" + first["run_id"])).json()
    assert (kept["wear"], kept["rule_set"]["version"]) == (2_143_500, 1)
    for changes, code in (
        ({"minimum_cots": 1}, "extra_forbidden"),
        ({"adjustments": [{"wear_class": "computer", "share": "-0.21", "from_year": 2026, "legal_basis": "x"}]}, "outside_band"),
        ({"adjustments": [{"wear_class": "castle", "share": "-0.1", "from_year": 2026, "legal_basis": "x"}]}, "unknown_wear_class"),
    ):
        refused = await world.admin.send("POST", "/wear/rule-sets", corrected(**changes))
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)
