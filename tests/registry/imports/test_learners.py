"""Files of learners: spells, upsert by the ministry's code, scope, and what is refused."""

import unicodedata

from services.registry.imports.columns import COLUMNS, ImportKind
from tests.common.imports.samples import XLSX, as_csv, as_xlsx
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file, learner_code, table

SPELLS = """
SELECT i.value, o.code, e.school_year, lower(e.period)::text, upper(e.period)::text, e.status_to FROM enrolment e
JOIN learner l USING (learner_id) JOIN person_identifier i USING (person_id) JOIN organisation_path o ON o.organisation_id = e.school_id
WHERE i.kind IN ('ministry_code', 'temporary_code') ORDER BY 1, 4"""


async def test_a_learner_is_stored_as_a_single_write_stores_them(importer: Importer) -> None:
    await importer.run("learners", file("learners", {"full_name": " NGUYỄN  Thị Minh Hoà", "personal_number": "010315000001"}))
    stored = await importer.rows("SELECT full_name, family_name, middle_name, given_name, search_name, warnings FROM person")
    assert stored == [
        ("NGUYỄN Thị Minh Hòa", "NGUYỄN", "Thị Minh", "Hòa", "nguyen thi minh hoa", ["personal_number_sex"]),
    ]
    listed = (await importer.world.admin.get("/learners", school="S1")).json()["items"]
    assert [(one["full_name"], one["grade"], one["status"], one["version"]) for one in listed] == [("NGUYỄN Thị Minh Hòa", 5, "01", 1)]
    read = (await importer.world.admin.get("/learners/" + listed[0]["learner_id"])).json()
    assert {one["kind"]: one["value"] for one in read["identifiers"]} == {"ministry_code": "1500000001", "personal_number": "010315000001"}
    assert read["school_code"] == "S1"


async def test_csv_and_xlsx_mean_the_same(importer: Importer) -> None:
    lines = table(
        "learners", {"full_name": unicodedata.normalize("NFD", "Lò Thị Hoà")}, {"ministry_code": learner_code(2), "birth_date": "2015"}
    )
    await importer.run("learners", as_csv(lines))
    snapshot = "SELECT full_name, birth_date, birth_precision, sex, ethnicity, search_name FROM person ORDER BY search_name"
    people, spells = await importer.rows(snapshot), await importer.rows(SPELLS)
    run = await importer.run("learners", as_xlsx(lines), XLSX)
    assert (run["state"], run["unchanged"], run["created"], run["changed"]) == ("applied", 2, 0, 0)
    await importer.value("TRUNCATE person CASCADE")
    assert (await importer.run("learners", as_xlsx([*lines, []]), XLSX))["created"] == 2
    assert (await importer.rows(snapshot), await importer.rows(SPELLS)) == (people, spells)


async def test_further_spells_close_and_follow_each_other(importer: Importer) -> None:
    run = await importer.run(
        "learners",
        file(
            "learners",
            {"school_year": "2025-2026", "grade": "4", "enrolled_on": "2025-09-01", "left_on": "2026-06-01"},
            {"enrolled_on": "2026-09-01", "left_on": "2026-10-15"},
            {"school_code": "S2", "enrolled_on": "15/10/2026"},
        ),
    )
    assert run["state"] == "rejected"
    year = await importer.world.admin.put("/school-years/2025-2026", {"starts_on": "2025-09-01", "ends_on": "2026-05-31"})
    assert year.status_code == 200
    run = await importer.run(
        "learners",
        file(
            "learners",
            {"school_year": "2025-2026", "grade": "4", "enrolled_on": "2025-09-01", "left_on": "2026-06-01"},
            {"enrolled_on": "2026-09-01", "left_on": "2026-10-15"},
            {"school_code": "S2", "enrolled_on": "15/10/2026"},
        ),
    )
    assert (run["state"], run["created"], run["rows"]["applied"]) == ("applied", 1, 3)
    assert await importer.rows(SPELLS) == [
        ("1500000001", "S1", "2025-2026", "2025-09-01", "2026-06-01", None),
        ("1500000001", "S1", "2026-2027", "2026-09-01", "2026-10-15", "04"),
        ("1500000001", "S2", "2026-2027", "2026-10-15", None, None),
    ]


async def test_the_same_learners_again_change_nothing_and_make_no_event(importer: Importer) -> None:
    rows = [{"ministry_code": learner_code(number)} for number in range(5)]
    await importer.run("learners", file("learners", *rows))
    before = await importer.counts()
    run = await importer.run("learners", file("learners", *reversed(rows)))
    assert (run["state"], run["unchanged"], run["created"], run["changed"]) == ("applied", 5, 0, 0)
    assert await importer.counts() == before


async def test_a_known_learner_is_corrected_leaves_and_moves_within_the_scope(importer: Importer) -> None:
    await importer.run("learners", file("learners", {}))
    moved = file("learners", {"full_name": "Giàng A Páo", "left_on": "2026-10-01"}, {"school_code": "S2", "enrolled_on": "2026-10-01"})
    run = await importer.run("learners", moved)
    assert (run["state"], run["changed"]) == ("applied", 1)
    assert [spell[1:] for spell in await importer.rows(SPELLS)] == [
        ("S1", "2026-2027", "2026-09-01", "2026-10-01", "04"),
        ("S2", "2026-2027", "2026-10-01", None, None),
    ]
    where = "SELECT o.code, l.version, l.status FROM learner l JOIN organisation_path o ON o.path = l.organisation_path"
    assert await importer.rows(where) == [("S2", 2, "01")]
    assert await importer.rows("SELECT DISTINCT o.code FROM person p JOIN organisation_path o ON o.path = p.organisation_path") == [("S2",)]
    feed = await importer.rows(
        "SELECT c.kind, o.code FROM change c JOIN organisation_path o ON o.path = c.organisation_path "
        "WHERE resource = 'learner' ORDER BY change_id"
    )
    assert feed == [("changed", "S1"), ("deleted", "S1"), ("changed", "S2")]
    gone = await importer.run("learners", file("learners", {"school_code": "S2", "enrolled_on": "2026-10-01", "left_on": "2026-11-01"}))
    assert gone["changed"] == 1
    assert await importer.rows("SELECT school_id, status FROM learner") == [(None, "04")]


async def test_a_temporary_code_gives_way_to_the_ministrys(importer: Importer) -> None:
    number = {"personal_number": "010215000001"}
    await importer.run("learners", file("learners", number | {"ministry_code": "TEMP-000000000001"}))
    run = await importer.run("learners", file("learners", number))
    assert (run["state"], run["changed"]) == ("applied", 1)
    assert await importer.rows("SELECT kind, value FROM person_identifier ORDER BY kind") == [
        ("ministry_code", "1500000001"),
        ("personal_number", "010215000001"),
    ]
    assert await importer.rows("SELECT ministry_code FROM learner") == [("1500000001",)]


async def test_rows_that_contradict_each_other_are_refused(importer: Importer) -> None:
    two = learner_code(2)
    faults = await importer.refused(
        "learners",
        file(
            "learners",
            {},
            {},
            {"ministry_code": two, "personal_number": "010215000009"},
            {"ministry_code": two, "personal_number": "010215000009", "full_name": "Lò Văn Khác", "enrolled_on": "2026-10-01"},
            {"ministry_code": learner_code(3), "personal_number": "010215000009"},
        ),
    )
    assert faults == [
        (3, "enrolled_on", "duplicate_row"),
        (5, "enrolled_on", "overlap"),
        (5, "full_name", "person_differs"),
        (6, "personal_number", "identifier_shared"),
    ]


async def test_what_the_registry_contradicts_is_refused(importer: Importer) -> None:
    await importer.run("learners", file("learners", {"personal_number": "010215000001"}))
    faults = await importer.refused(
        "learners",
        file(
            "learners",
            {"enrolled_on": "2026-10-01"},
            {"ministry_code": learner_code(2), "personal_number": "010215000001", "enrolled_on": "2026-10-01", "left_on": "2026-10-02"},
            {"ministry_code": learner_code(3), "school_code": "NO", "school_year": "2031-2032"},
            {"ministry_code": learner_code(4), "class_name": "9Z", "level": "upper_secondary", "grade": "10"},
            {"ministry_code": learner_code(5), "grade": "7", "left_on": "2026-08-01", "birth_date": "2090-01-01"},
        ),
    )
    assert faults == [
        (2, "enrolled_on", "overlap_registry"),
        (3, "enrolled_on", "overlap_registry"),
        (3, "ministry_code", "identifier_taken"),
        (4, "school_code", "unknown_organisation"),
        (4, "school_year", "unknown_school_year"),
        (5, "class_name", "unknown_class"),
        (5, "level", "level_not_taught"),
        (6, "birth_date", "future_date"),
        (6, "grade", "grade_of_level"),
        (6, "left_on", "period_order"),
    ]


async def test_a_mixed_scope_writes_nothing_and_does_not_tell_what_exists(importer: Importer, clerk: Importer) -> None:
    rows = [{}, {"ministry_code": learner_code(2), "school_code": "S2"}, {"ministry_code": learner_code(3), "school_code": "NO"}]
    before = await clerk.counts()
    run = await clerk.run("learners", file("learners", *rows))
    assert (run["state"], await clerk.counts()) == ("rejected", before)
    elsewhere, nowhere = (await clerk.read(run["import_id"], "/errors")).json()["items"]
    assert elsewhere["message_vi"].replace("S2", "") == nowhere["message_vi"].replace("NO", "")
    assert elsewhere["code"] == nowhere["code"]
    await importer.run("learners", file("learners", {"ministry_code": learner_code(9), "school_code": "S2"}))
    assert await clerk.refused("learners", file("learners", {"ministry_code": learner_code(9), "enrolled_on": "2027-01-01"})) == [
        (2, "ministry_code", "person_elsewhere"),
    ]
    assert (await clerk.run("learners", file("learners", {})))["state"] == "applied"


async def test_a_learner_who_stands_elsewhere_than_the_person_is_not_touched(importer: Importer, clerk: Importer) -> None:
    await importer.run("learners", file("learners", {"school_code": "S2"}))
    await importer.value("UPDATE person SET organisation_path = (SELECT path FROM organisation_path WHERE code = 'S1')")
    ended = file("learners", {"enrolled_on": "2025-09-01", "left_on": "2025-09-02"})
    assert await clerk.refused("learners", ended) == [(2, "ministry_code", "person_elsewhere")]


async def test_every_column_of_every_kind_has_a_form_that_refuses_formulas() -> None:
    for kind in ImportKind:
        for column in COLUMNS[kind]:
            for cell in ("=1", "+a", "-1-1", "-cmd|1", "@a", "=cmd|' /C calc'!A0", "a\x07", "\ta"):
                assert not column.form.fits(cell), (kind, column.name, cell)
