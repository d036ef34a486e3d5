"""Bad files: a clear report, and nothing half-written."""

import pytest

from services.registry.imports.settings import ImportSettings
from tests.common.imports.samples import FORMULAS, UNREADABLE, XLSX, as_csv, as_xlsx, swap
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file, learner_code, table


async def test_a_wrong_encoding_is_named_with_its_line(importer: Importer) -> None:
    lines = table("learners", {}, {"ministry_code": learner_code(2), "full_name": "Lò Thị Mai"})
    text = as_csv(lines).encode()
    broken = text.replace("Lò Thị".encode(), "Lò Thị".encode("cp1252", "replace"))
    run = await importer.run("learners", broken)
    assert await importer.faults(run) == [(3, "", "encoding")]
    report = (await importer.read(run["import_id"], "/errors")).json()["items"][0]
    assert "dòng 3" in report["message_vi"]


async def test_a_byte_order_mark_other_delimiters_and_line_ends_are_fine(importer: Importer) -> None:
    for number, delimiter in enumerate((",", ";", "\t")):
        text = as_csv(table("learners", {"ministry_code": learner_code(number)}), delimiter).replace("\n", "\r\n")
        run = await importer.run("learners", b"\xef\xbb\xbf" + text.encode())
        assert (run["state"], run["created"]) == ("applied", 1), await importer.faults(run)


async def test_missing_and_unknown_columns_come_with_a_suggestion(importer: Importer) -> None:
    lines = table("learners", {})
    lines[0] = [{"full_name": "Họ và tên", "birth_date": "birthdate"}.get(name, name) for name in lines[0]]
    run = await importer.run("learners", as_csv(lines))
    assert await importer.faults(run) == [
        (1, "Họ và tên", "unknown_column"),
        (1, "birth_date", "missing_column"),
        (1, "birthdate", "unknown_column"),
        (1, "full_name", "missing_column"),
    ]
    messages = [fault["message_en"] for fault in (await importer.read(run["import_id"], "/errors")).json()["items"]]
    assert "full_name" in messages[0]
    assert "birth_date" in messages[2]


async def test_optional_columns_may_be_absent_and_the_order_is_free(importer: Importer) -> None:
    header, row = table("learners", {})
    kept = sorted(place for place, name in enumerate(header) if name not in {"personal_number", "ethnicity", "class_name", "left_on"})
    reordered = [[line[place] for place in reversed(kept)] for line in (header, row)]
    assert (await importer.run("learners", as_csv(reordered)))["state"] == "applied"


async def test_swapped_columns_are_recognised(importer: Importer) -> None:
    lines = table("learners", *({"ministry_code": learner_code(number)} for number in range(20)))
    run = await importer.run("learners", as_csv(swap(lines, "ministry_code", "full_name")))
    assert run["state"] == "rejected"
    swapped = [fault for fault in (await importer.read(run["import_id"], "/errors")).json()["items"] if fault["code"] == "swapped_columns"]
    assert [(fault["column"], fault["row"]) for fault in swapped] == [("full_name", 1), ("ministry_code", 1)]
    assert "“ministry_code”" in swapped[0]["message_vi"]


@pytest.mark.parametrize("cell", FORMULAS)
async def test_formula_cells_are_refused(importer: Importer, cell: str) -> None:
    assert await importer.refused("learners", file("learners", {"full_name": cell})) == [(2, "full_name", "formula")]
    assert await importer.refused("classes", file("classes", {"name": cell})) == [(2, "name", "formula")]


async def test_a_workbooks_formula_is_refused_and_not_its_stored_result(importer: Importer) -> None:
    faults = await importer.refused("learners", as_xlsx(table("learners", {"full_name": '=CONCATENATE("A", "B")'})), XLSX)
    assert faults == [(2, "full_name", "formula")]


async def test_control_characters_and_ragged_rows_are_refused(importer: Importer) -> None:
    assert await importer.refused("learners", file("learners", {"full_name": "Giàng\x07Páo"})) == [(2, "full_name", "control_character")]
    text = file("learners", {}) + "1500000002,too,short\n"
    assert await importer.refused("learners", text) == [(3, "", "row_shape")]


async def test_blank_lines_and_outer_spaces_do_no_harm_and_rows_keep_their_numbers(importer: Importer) -> None:
    header, row, bad = file("learners", {}, {"ministry_code": learner_code(2), "sex": "9"}).splitlines()
    text = "\n".join([header, "", row.replace("Giàng A Páo", "  Giàng A Páo "), "", "", bad, ""])
    assert await importer.refused("learners", text) == [(6, "sex", "enumeration")]
    assert (await importer.run("learners", "\n".join([header, "", row.replace("Giàng A Páo", "  Giàng A Páo "), ""])))["created"] == 1
    assert await importer.value("SELECT full_name FROM person") == "Giàng A Páo"


@pytest.mark.slow
async def test_a_hundred_thousand_errors_are_counted_and_the_first_ones_kept(importer: Importer) -> None:
    header, row = file("learners", {"birth_date": "2015-02-30"}).splitlines()
    rows = "\n".join(row.replace("1500000001", learner_code(number)) for number in range(100_000))
    before = await importer.counts()
    run = await importer.run("learners", header + "\n" + rows + "\n")
    assert (run["state"], run["errors"], run["rows"]["applied"]) == ("rejected", 100_000, 0)
    assert await importer.value("SELECT count(*) FROM import_error") == ImportSettings().kept_errors
    assert (await importer.faults(run))[0] == (2, "birth_date", "impossible_date")
    assert await importer.counts() == before


async def test_too_many_rows_are_refused(importer: Importer) -> None:
    limited = Importer(importer.world, importer.headers, ImportSettings(max_rows=3))
    content = table("learners", *({"ministry_code": learner_code(number)} for number in range(5)))
    assert await limited.refused("learners", as_csv(content)) == [(5, "", "too_many_rows")]
    assert [code for _, _, code in await limited.refused("learners", as_xlsx(content), XLSX)] == ["too_many_rows"]


@pytest.mark.parametrize("name", list(UNREADABLE))
async def test_what_cannot_be_read_is_told_in_one_line(importer: Importer, name: str) -> None:
    media, code, spoil = UNREADABLE[name]
    faults = await importer.refused("learners", spoil(table("learners", {})), media)
    assert [(column, told) for _, column, told in faults] == [("", code)]


async def test_a_dry_run_writes_nothing_and_tells_what_would_come(importer: Importer) -> None:
    before = await importer.counts()
    run = await importer.run("learners", file("learners", {}, {"ministry_code": learner_code(2)}), dry_run="true")
    assert (run["state"], run["created"], run["rows"]["applied"]) == ("validated", 2, 0)
    assert run["finished_at"]
    assert await importer.counts() == before
    assert await importer.work() == 0
    again = await importer.run("learners", file("learners", {}, {"ministry_code": learner_code(2)}), dry_run="true")
    assert again["import_id"] != run["import_id"]
