"""Files of small records: the refusals that every import has, told as field errors; and nothing half-written."""

import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.common.imports.samples import CSV, FORMULAS, UNREADABLE, XLSX, as_csv, as_xlsx, content_digest, swap
from tests.egov.conftest import V1, World, identity

OFFERS = [
    ["organisation_code", "procedure_code", "level", "one_stop", "valid_from"],
    ["S1", "2.002854", "full", "true", "2026-05-10"],
    ["S1", "1.004889", "partial", "false", "2026-05-10"],
]
COUNTS = [
    ["organisation_code", "period_start", "period_end", "incoming", "outgoing"],
    ["S1", "2017-01-01", "2017-12-31", "5", "6"],
    ["S1", "2018-01-01", "2018-12-31", "7", "8"],
]
FILES = {"/offers/import": OFFERS, "/document-counts/import": COUNTS}
every_file = pytest.mark.parametrize("path", list(FILES))
PLACES = re.compile(r"\{(value|hint)\}")
LEFT = "SELECT (SELECT count(*) FROM procedure_offer) + (SELECT count(*) FROM document_count) + (SELECT count(*) FROM outbox) AS rows"


async def send(world: World, path: str, content: bytes, media: str = CSV, **headers: str) -> httpx.Response:
    named = (
        world.caller("school_admin@S1", sub=str(identity("sender"))).headers
        | {"content-type": media}
        | {name.replace("_", "-"): value for name, value in headers.items()}
    )
    return await world.client.post(V1 + path, content=content, headers=named)


async def refused(world: World, path: str, content: bytes, media: str = CSV) -> list[tuple[str, str]]:
    """Send a file that is expected to be refused; returns pointer and code of every fault. Nothing was written."""
    answer = await send(world, path, content, media)
    assert answer.status_code == 422, answer.text
    assert (await world.rows(LEFT))[0]["rows"] == 0
    errors: list[dict[str, Any]] = answer.json()["errors"]
    assert all(error["vi"] and error["en"] and not PLACES.search(error["vi"] + error["en"]) for error in errors)
    return [(error["pointer"], error["code"]) for error in errors]


def with_cell(lines: Sequence[Sequence[str]], column: str, value: str) -> list[list[str]]:
    """Return the table with one cell of its last row replaced."""
    changed = [list(line) for line in lines]
    changed[-1][lines[0].index(column)] = value
    return changed


@every_file
async def test_csv_and_a_workbook_are_the_same(world: World, path: str) -> None:
    made = {"created": 2, "changed": 0, "unchanged": 0}
    assert (await send(world, path, as_csv(FILES[path], ";").encode())).json() == made
    again = await send(world, path, as_xlsx(FILES[path], hidden_first=True), XLSX)
    assert again.json() == made | {"created": 0, "unchanged": 2}


@every_file
@pytest.mark.parametrize("name", list(UNREADABLE))
async def test_what_cannot_be_read_is_told_once(world: World, path: str, name: str) -> None:
    media, code, spoil = UNREADABLE[name]
    assert [told for _, told in await refused(world, path, spoil(FILES[path]), media)] == [code]


@every_file
async def test_headers_are_told_once_and_rows_by_their_number(world: World, path: str) -> None:
    lines = FILES[path]
    wrong = [["organisation_kode", *lines[0][1:]], *lines[1:]]
    assert await refused(world, path, as_csv(wrong).encode()) == [
        ("/rows/1/organisation_kode", "unknown_column"),
        ("/rows/1/organisation_code", "missing_column"),
    ]
    assert await refused(world, path, (as_csv(lines) + "\nS1,x\n").encode()) == [("/rows/5", "row_shape")]
    many = [lines[0], *([lines[1]] * 5001)]
    assert [code for _, code in await refused(world, path, as_csv(many).encode())] == ["too_many_rows"]


@every_file
async def test_swapped_columns_are_told_by_cell(world: World, path: str) -> None:
    first, second = FILES[path][0][:2]
    found = await refused(world, path, as_csv(swap(FILES[path], first, second)).encode())
    assert {pointer for pointer, _ in found} >= {f"/rows/{row}/{second}" for row in (2, 3)}


@pytest.mark.parametrize("cell", FORMULAS)
async def test_formula_cells_are_refused(world: World, cell: str) -> None:
    for path, column in (("/offers/import", "level"), ("/document-counts/import", "incoming")):
        lines = with_cell(FILES[path], column, cell)
        for content, media in ((as_csv(lines).encode(), CSV), (as_xlsx(lines), XLSX)):
            assert await refused(world, path, content, media) == [(f"/rows/3/{column}", "formula")]


@every_file
async def test_another_schools_row_looks_like_one_of_no_school_and_refuses_all(world: World, path: str) -> None:
    found = [await refused(world, path, as_csv(with_cell(FILES[path], "organisation_code", code)).encode()) for code in ("S2", "KHONG-CO")]
    assert found[0] == found[1] == [("/rows/3/organisation_code", "unknown_organisation")]


@every_file
async def test_a_row_that_comes_twice_is_told_by_its_number(world: World, path: str) -> None:
    lines = FILES[path]
    assert await refused(world, path, as_csv([*lines, lines[1]]).encode()) == [("/rows/4", "repeated")]


async def test_days_are_read_as_in_every_import(world: World) -> None:
    for path, table in FILES.items():
        lines = [[re.sub(r"(\d{4})-(\d{2})-(\d{2})", r"\3/\2/\1", cell) for cell in line] for line in table]
        assert (await send(world, path, as_csv(lines).encode())).json()["created"] == 2
        assert (await send(world, path, as_csv(table).encode())).json()["unchanged"] == 2
    offers = [[*OFFERS[0], "valid_to"], ["S2", "2.002854", "full", "true", "1/6/2026", "31/12/2026"]]
    assert (await send(world, "/offers/import", as_csv(offers).encode())).status_code == 422
    offers[1][0], offers[1][1] = "S1", "1.001000"
    for day in ("31/02/2026", "2026-02-31", "12/31/2026"):
        wrong = [offers[0], [*offers[1][:-1], day]]
        answer = await send(world, "/offers/import", as_csv(wrong).encode())
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/rows/2/valid_to"], answer.text


async def test_a_file_whose_periods_meet_is_refused_by_row(world: World) -> None:
    lines = [*COUNTS, ["S1", "01/12/2018", "31/01/2019", "1", "1"]]
    answer = await send(world, "/document-counts/import", as_csv(lines).encode())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:counts-overlap")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/rows/3", "overlap"), ("/rows/4", "overlap")]
    assert (await world.rows(LEFT))[0]["rows"] == 0


@every_file
async def test_a_damaged_upload_is_refused_and_a_key_is_bound_to_the_file(world: World, path: str) -> None:
    content = as_csv(FILES[path]).encode()
    cut = await send(world, path, content[:-20], content_digest=content_digest(content))
    assert (cut.status_code, cut.json()["type"]) == (400, "urn:lienthong:problem:truncated-upload")
    assert (await send(world, path, content, "application/pdf")).status_code == 415
    assert (await world.rows(LEFT))[0]["rows"] == 0
    first = await send(world, path, content, content_digest=content_digest(content), idempotency_key="k1")
    again = await send(world, path, content, idempotency_key="k1")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert (await send(world, path, content[:-1], idempotency_key="k1")).status_code == 422


async def test_a_report_tells_a_hundred_faults_at_most(world: World) -> None:
    lines = [OFFERS[0], *([["S1", "wrong", "full", "true", "2026-05-10"]] * 300)]
    assert len(await refused(world, "/offers/import", as_csv(lines).encode())) == 100
