"""Bulk import: all or nothing, reports by row and column, dry runs, the same file once, events like those of single records."""

import asyncio
import json
from typing import Any

import pytest

from libs.common.app import DEFAULT_MAX_BODY_BYTES
from libs.common.imports.report import FaultOut
from services.assets.assets.events import AssetChanged, AssetRecorded, AssetRetired
from services.assets.imports.columns import COLUMNS
from services.assets.imports.messages import SENTENCES
from services.assets.imports.schemas import ImportOut
from services.assets.imports.settings import ImportSettings
from tests.assets.conftest import Caller, World, computer, identity
from tests.common.imports.samples import CSV, FORMULAS, SIGNED, UNREADABLE, XLSX, as_csv, as_xlsx, content_digest, swap

LEFT = """
SELECT (SELECT count(*) FROM asset), (SELECT count(*) FROM change), (SELECT count(*) FROM outbox), (SELECT count(*) FROM import_error)"""
ROW = {"organisation_code": "S1", "asset_code": "MVT-01", "class_code": "teaching_computer", "quantity": "14", "level": "primary"} | {
    "cost": "15000000",
    "valid_from": "2026-01-15",
}


def grid(*rows: dict[str, str]) -> list[list[str]]:
    """Return header and rows."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [names, *([row.get(name, "") for name in names] for row in rows)]


def table(*rows: dict[str, str], delimiter: str = ",") -> str:
    """Write rows as a file."""
    return as_csv(grid(*rows), delimiter)


def many(count: int, **others: str) -> str:
    return table(*(ROW | {"asset_code": f"M{number:05d}"} | others for number in range(count)))


async def faults(caller: Caller, content: str | bytes, media: str = "text/csv") -> list[tuple[int, str, str]]:
    """Send a file that is expected to be rejected; returns its report."""
    answer = await caller.file(content, media)
    run = ImportOut.model_validate(answer.json())
    assert (answer.status_code, run.state, run.created) == (201, "rejected", 0), answer.text
    items = (await caller.get(f"/imports/{run.import_id}/errors", limit=500)).json()["items"]
    assert len(items) == run.errors
    for item in items:
        found = FaultOut.model_validate(item)
        assert "{" not in found.message_vi + found.message_en
    return [(item["row"], item["column"], item["code"]) for item in items]


async def test_a_file_becomes_assets_with_events_and_feed(world: World) -> None:
    rows = (
        ROW | {"name": "Máy tính phòng 1", "online": "true", "first_used_on": "05/09/2023"},
        {
            "organisation_code": "T1",
            "asset_code": "P1",
            "class_code": "computer_room",
            "valid_from": "2015-09-01",
            "valid_to": "2020-01-01",
        },
        {"organisation_code": "S1", "asset_code": "L1", "class_code": "ftth", "provider": "vnpt", "valid_from": "1/9/2017"},
    )
    answer = await world.school.file("\ufeff" + table(*rows))
    run = ImportOut.model_validate(answer.json())
    assert (answer.status_code, run.state, run.rows, run.created, run.changed, run.unchanged) == (201, "applied", 3, 3, 0, 0)
    assert answer.headers["location"] == f"/assets/v1/imports/{run.import_id}"
    made = (await world.school.get("/assets/by-code/S1/MVT-01")).json()
    assert (made["kind"], made["quantity"], made["online"], made["first_used_on"]) == ("device", 14, True, "2023-09-05")
    assert made["name"] == "Máy tính phòng 1"
    told = await world.rows("SELECT type, key, sequence, body FROM outbox ORDER BY outbox_id")
    events = [AssetRecorded.model_validate_json(body) for _, _, _, body in told]
    assert [(kind, event.key, event.sequence) for (kind, _, _, _), event in zip(told, events, strict=True)] == [
        (AssetRecorded.TYPE, key, sequence) for _, key, sequence, _ in told
    ]
    assert [(event.kind, event.provider, event.organisation_id) for event in events] == [
        ("device", None, identity("S1")),
        ("room", None, identity("T1")),
        ("line", "vnpt", identity("S1")),
    ]
    assert len((await world.school.get("/assets/changes")).json()["items"]) == 3
    assert (await world.rows("SELECT actor LIKE 'account:%' FROM audit WHERE action = 'assets.asset.import'")) == [(True,)]
    assert [item["import_id"] for item in (await world.school.get("/imports", state="applied")).json()["items"]] == [str(run.import_id)]


async def test_sent_again_it_is_the_same_import_and_a_new_file_touches_only_what_differs(world: World) -> None:
    content = many(5)
    first = await world.school.file(content)
    again = await world.school.file(content)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    other = content.replace("M00003,teaching_computer,14", "M00003,teaching_computer,15").replace(
        "M00004,teaching_computer,14", "M00004,management_computer,14"
    )
    changed = (await world.school.file(other)).json()
    assert (changed["created"], changed["changed"], changed["unchanged"]) == (0, 2, 3)
    ended = table(ROW | {"asset_code": "M00000", "valid_to": "2026-06-01"})
    assert (await world.school.file(ended)).json()["changed"] == 1
    kinds = await world.rows("SELECT type, sequence FROM outbox ORDER BY outbox_id")
    assert kinds[5:] == [(AssetChanged.TYPE, 2)] * 2 + [(AssetRetired.TYPE, 2)]


async def test_what_a_file_leaves_empty_stays(world: World) -> None:
    made = await world.school.must("/assets", computer(name="Máy cũ", online=True))
    bare = {name: ROW[name] for name in ("organisation_code", "asset_code", "class_code", "valid_from")}
    assert (await world.school.file(table(bare))).json()["unchanged"] == 1
    assert (await world.school.file(table(bare | {"name": "Máy mới"}))).json()["changed"] == 1
    now = (await world.school.get("/assets/" + made["asset_id"])).json()
    assert now | {"updated_at": "", "version": 1} == made | {"name": "Máy mới", "updated_at": ""}
    assert await faults(world.school, table(bare | {"class_code": "ftth"})) == [(2, "online", "online_of_line")]


async def test_the_same_file_at_the_same_time_is_one_import(world: World) -> None:
    answers = await asyncio.gather(*(world.school.file(many(50)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["import_id"] for answer in answers}) == 1
    assert await world.rows("SELECT count(*) FROM asset") == [(50,)]


async def test_a_dry_run_writes_nothing(world: World) -> None:
    dry = (await world.school.file(many(3), dry_run=True)).json()
    assert (dry["state"], dry["created"], dry["dry_run"]) == ("validated", 3, True)
    assert await world.rows(LEFT) == [(0, 0, 0, 0)]
    assert (await world.school.file(many(3))).json()["created"] == 3


CELLS: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"organisation_code": ""}, "organisation_code", "required"),
    ({"organisation_code": "S2"}, "organisation_code", "unknown_organisation"),
    ({"asset_code": "=A1"}, "asset_code", "formula"),
    ({"asset_code": "có dấu"}, "asset_code", "code_form"),
    ({"class_code": "computer"}, "class_code", "enumeration"),
    ({"name": "+84x"}, "name", "formula"),
    ({"quantity": "-cmd|1"}, "quantity", "formula"),
    ({"quantity": "-3"}, "quantity", "number"),
    ({"name": "Máy\x07 tính"}, "name", "control_character"),
    ({"name": "x" * 301}, "name", "text_form"),
    ({"quantity": "0"}, "quantity", "number"),
    ({"quantity": "1.5"}, "quantity", "number"),
    ({"class_code": "ftth", "provider": "fpt"}, "provider", "enumeration"),
    ({"provider": "vnpt"}, "provider", "provider_of_line"),
    ({"class_code": "ftth", "online": "true"}, "online", "online_of_line"),
    ({"level": "university"}, "level", "enumeration"),
    ({"online": "maybe"}, "online", "boolean"),
    ({"cost": "15.000.000"}, "cost", "number"),
    ({"cost": "99999999999999999999"}, "cost", "number"),
    ({"valid_from": "2026-02-30"}, "valid_from", "impossible_date"),
    ({"valid_from": "31/02/2026"}, "valid_from", "impossible_date"),
    ({"valid_from": "soon"}, "valid_from", "date"),
    ({"valid_to": "2026-01-15"}, "valid_to", "period_order"),
    ({"first_used_on": "2026-01-16"}, "first_used_on", "used_before_held"),
    ({"opening_year": "2026"}, "opening_accumulated", "opening_whole"),
    ({"opening_year": "2026", "opening_accumulated": "15000001"}, "opening_accumulated", "opening_cost"),
    ({"opening_year": "2025", "opening_accumulated": "1"}, "opening_year", "opening_before_use"),
    ({"wear_class": "castle"}, "wear_class", "unknown_wear_class"),
    ({"no_wear": "old"}, "no_wear", "enumeration"),
)


async def test_each_wrong_cell_is_reported_by_row_and_column_and_nothing_is_written(world: World) -> None:
    rows = [ROW | {"asset_code": f"A{number}"} | change for number, (change, _, _) in enumerate(CELLS)]
    found = await faults(world.school, table(*rows))
    assert found == [(number, column, code) for number, (_, column, code) in enumerate(CELLS, start=2)]
    assert (await world.rows(LEFT))[0][:3] == (0, 0, 0)


TOLD: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"quantity": "-3"}, "“-3” không đúng dạng: cần số nguyên từ 1 đến 100000.", "give a whole number from 1 to 100000."),
    (
        {"class_code": "teaching computer"},
        "/assets/v1/classes (24 mã, gần nhất: teaching_computer).",
        "(24 codes, nearest: teaching_computer).",
    ),
    ({"level": "university"}, "primary, lower_secondary, upper_secondary, continuing.", "one of: preschool, primary,"),
    ({"valid_from": "soon"}, "cần ngày dạng YYYY-MM-DD hoặc DD/MM/YYYY.", "YYYY-MM-DD or DD/MM/YYYY"),
    ({"cost": "15.000.000"}, "từ 0 đến 1000000000000", "from 0 to 1000000000000"),
    ({"wear_class": "computr"}, " mã, gần nhất: computer).", " codes, nearest: computer)."),
)


async def test_a_wrong_cell_is_told_what_is_allowed_in_both_languages(world: World) -> None:
    rows = [ROW | {"asset_code": f"A{number}"} | change for number, (change, _, _) in enumerate(TOLD)]
    run = (await world.school.file(table(*rows))).json()
    items = (await world.school.get(f"/imports/{run['import_id']}/errors")).json()["items"]
    assert len(items) == len(TOLD)
    for item, (_, vi, en) in zip(items, TOLD, strict=True):
        assert vi in item["message_vi"], item
        assert en in item["message_en"], item


@pytest.mark.parametrize("cell", SIGNED)
async def test_a_signed_number_is_a_text_like_any_other(world: World, cell: str) -> None:
    assert (await world.school.file(table(ROW | {"name": cell}))).json()["created"] == 1
    assert (await world.school.get("/assets/by-code/S1/MVT-01")).json()["name"] == cell


async def test_rows_against_each_other_and_against_the_record(world: World) -> None:
    assert await faults(world.school, table(ROW, ROW, ROW | {"organisation_code": "T1"})) == [(3, "asset_code", "duplicate_row")]
    made = await world.school.must("/assets", computer())
    assert await faults(world.school, table(ROW | {"cost": "16000000"})) == [(2, "cost", "cost_fixed")]
    await world.school.send("POST", f"/assets/{made['asset_id']}/retire", {"retired_on": "2026-06-01"}, If_Match='"1"')
    assert await faults(world.school, table(ROW | {"quantity": "15"})) == [(2, "asset_code", "asset_retired")]
    same = await world.school.file(table(ROW | {"valid_to": "2026-06-01"}))
    assert (same.json()["state"], same.json()["unchanged"]) == ("applied", 1)


async def test_headers_and_shapes(world: World) -> None:
    assert await faults(world.school, "Mã đơn vị,asset_code,asset_code\nS1,A,A\n") == [
        (1, "Mã đơn vị", "unknown_column"),
        (1, "asset_code", "doubled_column"),
        (1, "class_code", "missing_column"),
        (1, "organisation_code", "missing_column"),
        (1, "valid_from", "missing_column"),
    ]
    assert await faults(world.school, table(ROW) + "S1,A\n\n") == [(3, "", "row_shape")]
    assert (await world.school.file(b"")).json()["type"].endswith(":empty-upload")
    assert await faults(world.school, 'organisation_code,asset_code\n"S1,A\n') == [
        (1, "class_code", "missing_column"),
        (1, "valid_from", "missing_column"),
    ]


async def test_other_delimiters_and_json(world: World) -> None:
    assert (await world.school.file(table(ROW, delimiter=";"))).json()["created"] == 1
    body = [ROW | {"asset_code": "J1", "quantity": 2, "online": True, "provider": None}]
    answer = await world.school.file(json.dumps(body), "application/json")
    assert (answer.json()["media"], answer.json()["created"]) == ("json", 1)
    assert (await world.school.get("/assets/by-code/S1/J1")).json()["quantity"] == 2
    assert await faults(world.school, json.dumps([{"asset_kode": "x"}]), "application/json") == [
        (1, "asset_code", "missing_column"),
        (1, "asset_kode", "unknown_column"),
        (1, "class_code", "missing_column"),
        (1, "organisation_code", "missing_column"),
        (1, "valid_from", "missing_column"),
    ]
    for wrong in ("{", "{}", "[1]"):
        assert await faults(world.school, wrong, "application/json") == [(1, "", "unreadable")]
    assert (await world.school.file("x", "application/pdf")).status_code == 415


async def test_the_first_visible_sheet_of_a_workbook_is_the_same(world: World) -> None:
    rows = [ROW | {"asset_code": f"X{number}", "name": "Máy tính", "online": "true"} for number in range(3)]
    run = (await world.school.file(as_xlsx(grid(*rows), hidden_first=True), XLSX, dry_run=True)).json()
    assert (run["state"], run["media"], run["rows"], run["created"]) == ("validated", "xlsx", 3, 3)
    applied = (await world.school.file(as_xlsx(grid(*rows)), "application/octet-stream")).json()
    assert (applied["state"], applied["media"], applied["created"]) == ("applied", "xlsx", 3)
    assert (await world.school.file(table(*rows))).json()["unchanged"] == 3
    assert (await world.school.file(as_xlsx(grid(ROW)))).status_code == 415  # declared as CSV


@pytest.mark.parametrize("name", list(UNREADABLE))
async def test_what_cannot_be_read_is_told_in_one_line_and_nothing_is_written(world: World, name: str) -> None:
    media, code, spoil = UNREADABLE[name]
    assert [(column, told) for _, column, told in await faults(world.school, spoil(grid(ROW)), media)] == [("", code)]
    assert await world.rows(LEFT) == [(0, 0, 0, 1)]


async def test_swapped_columns_are_recognised(world: World) -> None:
    rows = [ROW | {"asset_code": f"A{number}"} for number in range(20)]
    found = await faults(world.school, as_csv(swap(grid(*rows), "class_code", "valid_from")))
    assert [(row, column) for row, column, code in found if code == "swapped_columns"] == [(1, "class_code"), (1, "valid_from")]
    assert await world.rows("SELECT count(*) FROM asset") == [(0,)]


@pytest.mark.parametrize("cell", FORMULAS)
async def test_formula_cells_are_refused_in_every_kind_of_file(world: World, cell: str) -> None:
    bad = ROW | {"name": cell}
    for content, media in (
        (table(bad), CSV),
        (as_xlsx(grid(bad)), XLSX),
        (json.dumps([bad]), "application/json"),
    ):
        assert await faults(world.school, content, media) == [(2, "name", "formula")]


async def test_a_damaged_upload_is_refused_before_anything_else(world: World) -> None:
    content = table(ROW).encode()
    cut = await world.school.file(content[:-20], content_digest=content_digest(content))
    assert (cut.status_code, cut.json()["type"]) == (400, "urn:lienthong:problem:truncated-upload")
    assert await world.rows("SELECT count(*) FROM import_run") == [(0,)]
    assert (await world.school.file(content, content_digest=content_digest(content))).status_code == 201


async def test_one_row_of_another_school_or_of_none_refuses_the_whole_file(world: World) -> None:
    others = [ROW | {"organisation_code": code, "asset_code": "A2"} for code in ("S2", "KHONG-CO")]
    told = []
    for other in others:
        run = (await world.school.file(table(ROW, other))).json()
        report = (await world.school.get(f"/imports/{run['import_id']}/errors")).json()["items"]
        told.append([line["message_vi"].replace(other["organisation_code"], "…") for line in report])
    assert told[0] == told[1] != []
    assert await world.rows("SELECT count(*) FROM asset") == [(0,)]


async def test_the_report_comes_as_csv_too(world: World) -> None:
    run = (await world.school.file(table(ROW | {"quantity": "none"}))).json()
    address = f"/assets/v1/imports/{run['import_id']}/errors"
    report = await world.client.get(address, headers=world.school.headers | {"accept": CSV})
    assert report.headers["content-type"].startswith(CSV)
    lines = report.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "row,column,code,message_vi,message_en"
    assert lines[1].startswith("2,quantity,number,")


async def test_a_key_binds_the_answer_to_the_file(world: World) -> None:
    first = await world.school.file(many(1), idempotency_key="k1")
    again = await world.school.file(many(1), idempotency_key="k1")
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, first.json(), "true")
    other = await world.school.file(many(1).replace("14", "15"), idempotency_key="k1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:lienthong:problem:idempotency-mismatch")


async def test_who_may_and_who_sees(world: World) -> None:
    content = many(1)
    anonymous = Caller(world.client, {})
    assert (await anonymous.file(content)).status_code == 401
    for grant in ("teacher@S1", "auditor@P", "guardian@*"):
        assert (await world.caller(grant).file(content)).status_code == 403
    run = (await world.school.file(content)).json()
    other = world.caller("school_admin@S2")
    assert (await other.get("/imports/" + run["import_id"])).status_code == 404
    assert (await other.get(f"/imports/{run['import_id']}/errors")).status_code == 404
    assert (await world.admin.get("/imports/" + run["import_id"])).json() == run


async def test_too_many_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_ASSETS_IMPORT_MAX_ROWS", "3")
    assert ImportSettings().max_rows == 3
    assert await faults(world.school, many(4)) == [(5, "", "too_many_rows")]
    for content, media in ((as_xlsx(grid(*[ROW] * 4)), XLSX), (json.dumps([ROW] * 4).encode(), "application/json")):
        assert [code for _, _, code in await faults(world.school, content, media)] == ["too_many_rows"]
    assert (await world.school.file(many(3))).json()["created"] == 3


async def test_a_file_may_be_bigger_than_other_bodies(world: World) -> None:
    content = many(20_000)
    assert len(content) > DEFAULT_MAX_BODY_BYTES
    run = (await world.school.file(content)).json()
    assert (run["state"], run["created"]) == ("applied", 20_000)


async def test_a_big_report_is_cut_but_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_ASSETS_IMPORT_KEPT_ERRORS", "2")
    run = (await world.school.file(many(9, quantity="none"))).json()
    assert run["errors"] == 9
    assert len((await world.school.get(f"/imports/{run['import_id']}/errors")).json()["items"]) == 2


def test_every_column_is_a_field_of_an_asset_and_every_form_has_a_sentence() -> None:
    fields = set(computer()) | {"name", "provider", "online", "first_used_on", "second_hand_years", "opening_year", "opening_accumulated"}
    assert {column.name for column in COLUMNS} == fields | {"wear_class", "no_wear", "valid_to"}
    assert not {column.form.code for column in COLUMNS} & set(SENTENCES)


async def test_an_import_of_single_records_and_a_file_agree(world: World) -> None:
    """What a file makes is what the single route makes, field by field."""
    await world.school.file(table(ROW))
    await world.school.must("/assets", computer(asset_code="MVT-02"))
    answers: list[dict[str, Any]] = [(await world.school.get(f"/assets/by-code/S1/MVT-0{number}")).json() for number in (1, 2)]
    told = await world.rows("SELECT body::jsonb - 'asset_id' FROM outbox")
    assert told[0] == told[1]
    for name in ("asset_id", "asset_code", "created_at", "updated_at"):
        for answer in answers:
            answer.pop(name)
    assert answers[0] == answers[1]
