"""Recording, reading, changing, retiring and sending again, over HTTP."""

import asyncio
from typing import Any

import pytest

from services.assets.assets.events import AssetChanged, AssetRecorded, AssetRetired
from services.assets.assets.schemas import AssetOut
from tests.assets.conftest import World, computer, identity, path_of

OUTBOX = "SELECT type, sequence, body FROM outbox ORDER BY outbox_id"


async def test_record_and_read(world: World) -> None:
    made = await world.school.must("/assets", computer(), Idempotency_Key="a")
    assert made == await world.school.must("/assets", computer(), Idempotency_Key="a")
    assert set(AssetOut.model_fields) == set(made)
    assert (made["kind"], made["organisation_id"], made["version"]) == ("device", str(identity("S1")), 1)
    assert (await world.school.get("/assets/" + made["asset_id"])).json() == made
    assert (await world.school.get("/assets/by-code/S1/MVT-01")).json() == made
    again = await world.school.client.get("/assets/v1/assets/" + made["asset_id"], headers=world.school.headers | {"If-None-Match": '"1"'})
    assert again.status_code == 304
    answer = await world.school.send("POST", "/assets", computer(quantity=15), Idempotency_Key="a")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:lienthong:problem:idempotency-mismatch")


async def test_every_kind_and_its_filters(world: World) -> None:
    await world.admin.must("/assets", computer())
    await world.admin.must("/assets", {**computer(asset_code="P1", class_code="computer_room", quantity=1), "valid_to": "2026-06-01"})
    line = {"organisation_code": "S2", "asset_code": "L1", "class_code": "ftth", "provider": "vnpt", "valid_from": "2017-01-01"}
    await world.admin.must("/assets", line)
    for query, codes in (
        ({"kind": "line"}, ["L1"]),
        ({"kind": "room"}, ["P1"]),
        ({"provider": "vnpt"}, ["L1"]),
        ({"class_code": "teaching_computer", "level": "primary"}, ["MVT-01"]),
        ({"organisation": "C1", "sort": "code"}, ["MVT-01", "P1"]),
        ({"organisation_id": str(identity("S2"))}, ["L1"]),
        ({"as_of": "2026-07-01", "sort": "code"}, ["L1", "MVT-01"]),
        ({"as_of": "2018-07-01", "sort": "code"}, ["L1"]),
    ):
        items = (await world.admin.get("/assets", **query)).json()["items"]
        assert [item["asset_code"] for item in items] == codes, query
    first = (await world.admin.get("/assets", sort="code", limit=2)).json()
    rest = (await world.admin.get("/assets", sort="code", limit=2, cursor=first["next"])).json()
    assert [item["asset_code"] for item in [*first["items"], *rest["items"]]] == ["L1", "MVT-01", "P1"]
    listed = (await world.admin.get("/classes")).json()["items"]
    assert {"code": "ftth", "kind": "line", "vi": "Cáp quang FTTH", "en": "Fibre to the home", "wear": None, "meets": None} in listed


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"organisation_code": "NONE"}, "/organisation_code", "unknown_organisation"),
    ({"class_code": "teaching_komputer"}, "/class_code", "unknown_class"),
    ({"quantity": 0}, "/quantity", "greater_than_equal"),
    ({"cost": -1}, "/cost", "greater_than_equal"),
    ({"provider": "vnpt"}, "/provider", "provider_of_line"),
    ({"class_code": "ftth", "online": True}, "/online", "online_of_line"),
    ({"valid_to": "2026-01-15"}, "/valid_to", "period_order"),
    ({"first_used_on": "2026-02-01"}, "/first_used_on", "used_before_held"),
    ({"opening_year": 2026}, "/opening_accumulated", "opening_whole"),
    ({"opening_year": 2026, "opening_accumulated": 15_000_001}, "/opening_accumulated", "opening_cost"),
    ({"opening_year": 2025, "opening_accumulated": 1}, "/opening_year", "opening_before_use"),
    ({"wear_class": "castle"}, "/wear_class", "unknown_wear_class"),
    ({"level": "university"}, "/level", "enum"),
    ({"asset_code": "=1+1"}, "/asset_code", "string_pattern_mismatch"),
    ({"clas_code": "x"}, "/clas_code", "extra_forbidden"),
)


@pytest.mark.parametrize(("change", "pointer", "code"), BAD, ids=[code + pointer for _, pointer, code in BAD])
async def test_bad_input_names_field_and_rule(world: World, change: dict[str, Any], pointer: str, code: str) -> None:
    answer = await world.admin.send("POST", "/assets", computer(**change))
    assert answer.status_code == 422, answer.text
    errors = {(error["pointer"], error["code"]): error for error in answer.json()["errors"]}
    assert (pointer, code) in errors
    assert errors[pointer, code]["vi"]
    assert errors[pointer, code]["en"]


async def test_a_code_is_used_once_in_an_organisation(world: World) -> None:
    answers = await asyncio.gather(*(world.admin.send("POST", "/assets", computer()) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "urn:lienthong:problem:asset-code-taken"
    await world.admin.must("/assets", computer(organisation_code="S2"))


async def test_sending_again_by_the_natural_key(world: World) -> None:
    body = {name: value for name, value in computer().items() if not name.endswith("_code") or name == "class_code"}
    made = await world.school.send("PUT", "/assets/by-code/S1/MVT-01", body)
    again = await world.school.send("PUT", "/assets/by-code/S1/MVT-01", body)
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    changed = await world.school.send("PUT", "/assets/by-code/S1/MVT-01", body | {"quantity": 15})
    assert (changed.json()["quantity"], changed.json()["version"]) == (15, 2)
    dearer = await world.school.send("PUT", "/assets/by-code/S1/MVT-01", body | {"cost": 16_000_000})
    assert (dearer.status_code, dearer.json()["type"]) == (409, "urn:lienthong:problem:asset-cost-fixed")
    elsewhere = await world.school.send("PUT", "/assets/by-code/S2/MVT-01", body)
    assert elsewhere.json()["errors"][0]["code"] == "unknown_organisation"


async def test_change(world: World) -> None:
    made = await world.school.must("/assets", computer())
    path = "/assets/" + made["asset_id"]
    assert (await world.school.send("PATCH", path, {"quantity": 15})).status_code == 428
    changed = await world.school.send("PATCH", path, {"quantity": 15, "level": None, "class_code": "computer_room"}, If_Match='"1"')
    assert (changed.json()["quantity"], changed.json()["level"], changed.json()["kind"]) == (15, None, "room")
    assert (await world.school.send("PATCH", path, {"quantity": 16}, If_Match='"1"')).status_code == 412
    null = await world.school.send("PATCH", path, {"quantity": None}, If_Match='"2"')
    assert (null.status_code, null.json()["errors"][0]["pointer"]) == (422, "/quantity")


async def test_a_cost_changes_only_for_a_reason(world: World) -> None:
    made = await world.school.must("/assets", computer())
    path = "/assets/" + made["asset_id"]
    refused = await world.school.send("PATCH", path, {"cost": 20_000_000}, If_Match='"1"')
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "cost_reason")
    reason = {"cost": 20_000_000, "cost_reason": "approved_upgrade", "cost_changed_on": "2028-03-01"}
    assert (await world.school.send("PATCH", path, reason, If_Match='"1"')).status_code == 200
    noted = await world.rows("SELECT reason, cost_before, cost_after FROM asset_cost_change")
    assert noted == [("approved_upgrade", 15_000_000, 20_000_000)]
    again = await world.school.send("PATCH", path, reason | {"cost": 21_000_000}, If_Match='"2"')
    assert again.json()["type"] == "urn:lienthong:problem:asset-cost-changed-that-day"
    worn = (await world.school.get(path + "/wear", as_of="2028-12-31")).json()
    # 2028: what is left of the new cost, 20,000,000 - 2 * 2,143,500, over the five years that are left.
    assert [step["wear"] for step in worn["steps"]] == [2_143_500, 2_143_500, 3_142_600]


async def test_retire(world: World) -> None:
    made = await world.school.must("/assets", computer())
    path = "/assets/" + made["asset_id"]
    assert (await world.school.send("POST", path + "/retire", {"retired_on": "2026-06-01"})).status_code == 428
    early = await world.school.send("POST", path + "/retire", {"retired_on": "2026-01-15"}, If_Match='"1"')
    assert early.json()["errors"][0]["code"] == "period_order"
    done = await world.school.send("POST", path + "/retire", {"retired_on": "2026-06-01"}, If_Match='"1"')
    assert (done.json()["valid_to"], done.json()["version"]) == ("2026-06-01", 2)
    for method, rest, body in (("POST", "/retire", {"retired_on": "2026-07-01"}), ("PATCH", "", {"quantity": 1})):
        refused = await world.school.send(method, path + rest, body, If_Match='"2"')
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:lienthong:problem:asset-retired")


async def test_events_tell_the_whole_state(world: World) -> None:
    made = await world.school.must("/assets", computer())
    path = "/assets/" + made["asset_id"]
    await world.school.send("PATCH", path, {"online": True}, If_Match='"1"')
    await world.school.send("PATCH", path, {"online": True}, If_Match='"2"')  # changes nothing, tells nothing
    await world.school.send("POST", path + "/retire", {"retired_on": "2026-06-01"}, If_Match='"2"')
    told = await world.rows(OUTBOX)
    kinds = (AssetRecorded, AssetChanged, AssetRetired)
    assert [(kind, sequence) for kind, sequence, _ in told] == [(kind.TYPE, place) for place, kind in enumerate(kinds, start=1)]
    last = AssetRetired.model_validate_json(told[-1][2])
    assert (last.kind, last.class_code, last.quantity, last.online, str(last.valid_to)) == (
        "device",
        "teaching_computer",
        14,
        True,
        "2026-06-01",
    )


async def test_other_organisations_see_nothing(world: World) -> None:
    made = await world.school.must("/assets", computer())
    path = "/assets/" + made["asset_id"]
    stranger = world.caller("school_admin@S2")
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(path + "/wear")).status_code == 404
    assert (await stranger.get("/assets/by-code/S1/MVT-01")).status_code == 404
    assert (await stranger.get("/assets")).json()["items"] == []
    assert (await stranger.get("/assets/changes")).json()["items"] == []
    assert (await stranger.send("PATCH", path, {"quantity": 1}, If_Match="*")).status_code == 404
    assert (await stranger.send("POST", path + "/retire", {"retired_on": "2027-01-01"}, If_Match="*")).status_code == 404
    assert (await stranger.send("POST", "/assets", computer())).json()["errors"][0]["code"] == "unknown_organisation"
    assert [item["key"] for item in (await world.caller("auditor@P").get("/assets/changes")).json()["items"]] == [made["asset_id"]]


async def test_assets_follow_their_school_and_the_feed_tells_who_lost_it(world: World) -> None:
    made = await world.school.must("/assets", computer())
    commune = world.caller("commune_officer@C1")
    cursor = (await commune.get("/assets/changes")).json()["next"]
    await world.organisation("S1", "P C2 S1", version=2)
    assert await world.rows("SELECT organisation_path::text FROM asset") == [(path_of("P C2 S1"),)]
    assert (await commune.get("/assets/" + made["asset_id"])).status_code == 404
    lost = (await commune.get("/assets/changes", cursor=cursor)).json()["items"]
    assert [(item["key"], item["kind"]) for item in lost] == [(made["asset_id"], "deleted")]
    assert (await world.caller("commune_officer@C2").get("/assets/" + made["asset_id"])).status_code == 200
