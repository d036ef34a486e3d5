"""Files of organisations, classes and staff."""

from tests.common.imports.samples import XLSX, as_xlsx
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file, table
from tests.registry.samples import YEAR

POSTS = """
SELECT i.value, p.role, p.subject, lower(p.period)::text, upper(p.period)::text FROM post p JOIN staff s USING (staff_id)
JOIN person_identifier i USING (person_id) WHERE i.kind = 'ministry_code' ORDER BY 1, 4, 2"""
VERSIONS = "SELECT name, valid_from::text, valid_to::text FROM organisation_version WHERE code = $1 ORDER BY valid_from"


async def test_organisations_come_with_parents_from_the_registry_or_the_same_file(importer: Importer) -> None:
    site = {"code": "S9-A", "name": "Điểm lẻ", "kind": "site", "parent_code": "S9", "levels": "", "school_type": "", "has_website": ""}
    commune = {"code": "C9", "name": "Xã Chín", "kind": "commune", "parent_code": "P1", "levels": "", "school_type": ""}
    run = await importer.run("organisations", file("organisations", site, {"parent_code": "C9"}, commune))
    assert (run["state"], run["created"]) == ("applied", 3), await importer.faults(run)
    read = (await importer.world.admin.get("/organisations/by-code/S9-A")).json()
    assert (read["name"], read["parent_code"], read["kind"]) == ("Điểm lẻ", "S9", "site")
    depth = await importer.rows("SELECT code, nlevel(path) FROM organisation_path WHERE code IN ('C9', 'S9', 'S9-A') ORDER BY 2")
    assert depth == [("C9", 2), ("S9", 3), ("S9-A", 4)]
    school = (await importer.world.admin.get("/organisations/by-code/S9")).json()
    assert (school["levels"], school["attributes"]["has_website"], school["valid_from"]) == (["primary"], True, "2016-09-01")


async def test_a_later_row_cuts_the_version_and_the_same_day_corrects_it(importer: Importer) -> None:
    await importer.run("organisations", file("organisations", {}))
    again = await importer.run("organisations", as_xlsx(table("organisations", {})), XLSX)
    assert (again["unchanged"], again["changed"]) == (1, 0)
    renamed = await importer.run("organisations", file("organisations", {"name": "Trường Chín", "valid_from": "2020-09-01"}))
    assert (renamed["state"], renamed["changed"]) == ("applied", 1)
    corrected = await importer.run("organisations", file("organisations", {"name": "Trường số Chín", "valid_from": "2020-09-01"}))
    assert corrected["changed"] == 1
    assert await importer.rows(VERSIONS, "S9") == [
        ("Trường Tiểu học Số 9", "2016-09-01", "2020-09-01"),
        ("Trường số Chín", "2020-09-01", None),
    ]
    assert (await importer.world.admin.get("/organisations/by-code/S9", as_of="2018-01-01")).json()["name"] == "Trường Tiểu học Số 9"


async def test_organisations_that_cannot_stand_there_are_refused(importer: Importer, clerk: Importer) -> None:
    faults = await importer.refused(
        "organisations",
        file(
            "organisations",
            {"parent_code": "NO"},
            {"code": "X1", "kind": "site", "parent_code": "P1"},
            {"code": "X2", "valid_from": "2001-01-01"},
            {"code": "X3", "valid_to": "2010-01-01"},
            {"code": "X3", "valid_from": "2016-02-30"},
            {"code": "S1", "parent_code": "C2", "valid_from": "2020-01-01"},
            {"code": "C1", "kind": "school", "parent_code": "P1", "valid_from": "2020-01-01"},
            {"code": "P2", "kind": "province", "parent_code": ""},
            {"code": "X4", "levels": ""},
            {"code": "X5", "levels": "primary;primary", "administrative_unit_code": "99999", "valid_from": "2026-01-01"},
        ),
    )
    assert faults == [
        (2, "parent_code", "unknown_organisation"),
        (3, "has_website", "attribute_of_kind"),
        (3, "parent_code", "parent_kind"),
        (4, "parent_code", "parent_period"),
        (5, "valid_to", "period_order"),
        (6, "code", "duplicate_row"),
        (6, "valid_from", "impossible_date"),
        (7, "valid_from", "dated_history"),
        (8, "kind", "kind_fixed"),
        (9, "parent_code", "unknown_organisation"),
        (10, "levels", "required"),
        (11, "administrative_unit_code", "unknown_unit"),
        (11, "levels", "repeated_level"),
    ]
    assert (await clerk.send("organisations", file("organisations", {}))).status_code == 403


async def test_classes_are_opened_and_changed_by_their_natural_key(importer: Importer) -> None:
    run = await importer.run("classes", file("classes", {}, {"name": "6A", "grade": "6", "level": "lower_secondary"}))
    assert (run["state"], run["created"]) == ("applied", 2)
    run = await importer.run(
        "classes", file("classes", {"studies_informatics": "false"}, {"name": "6A", "grade": "", "level": "lower_secondary"})
    )
    assert (run["changed"], run["unchanged"]) == (1, 1)
    stored = await importer.rows("SELECT name, grade, studies_informatics, version FROM class ORDER BY name")
    assert stored == [("5A", 5, False, 2), ("6A", 6, True, 1)]
    assert await importer.refused("classes", file("classes", {}, {}, {"site_code": "S2"}, {"school_code": "C1"}, {"grade": "9"})) == [
        (3, "name", "duplicate_row"),
        (4, "name", "duplicate_row"),
        (4, "site_code", "unknown_organisation"),
        (5, "school_code", "unknown_organisation"),
        (6, "grade", "grade_of_level"),
        (6, "name", "duplicate_row"),
    ]


async def test_learners_join_the_class_they_name(importer: Importer) -> None:
    await importer.run("classes", file("classes", {}))
    assert await importer.refused("learners", file("learners", {"class_name": "5A", "grade": "4"})) == [(2, "grade", "class_grade")]
    await importer.run("learners", file("learners", {"class_name": "5A", "grade": ""}))
    assert await importer.rows(
        "SELECT c.name, l.grade, e.school_year FROM learner l JOIN class c USING (class_id) JOIN enrolment e USING (learner_id)"
    ) == [("5A", 5, YEAR)]


async def test_staff_come_with_posts_and_certificates(importer: Importer) -> None:
    second = {"role": "vice_principal", "subject": "", "degree": "", "started_on": "2020-08-01"}
    other = {"ministry_code": "1600000002", "personal_number": "", "full_name": "Vàng Seo Lử", "subject": "", "it_certificate_on": ""}
    run = await importer.run("staff", file("staff", {}, second, other))
    assert (run["state"], run["created"], run["rows"]["applied"]) == ("applied", 2, 3)
    assert await importer.rows(POSTS) == [
        ("1600000001", "teacher", "informatics", "2016-08-01", None),
        ("1600000001", "vice_principal", None, "2020-08-01", None),
        ("1600000002", "teacher", None, "2016-08-01", None),
    ]
    assert await importer.rows("SELECT kind, issued_on::text FROM staff_certificate") == [("it", "2015-06-30")]
    listed = (await importer.world.admin.get("/staff")).json()["items"]
    assert {(one["full_name"], one["role"]) for one in listed} == {("Hoàng Thị Lan", "teacher"), ("Vàng Seo Lử", "teacher")}
    ended = await importer.run("staff", file("staff", {"ended_on": "2021-01-01"}, second, other | {"it_certificate_on": "2019-01-01"}))
    assert (ended["changed"], ended["unchanged"]) == (2, 0)
    assert await importer.rows("SELECT role, version FROM staff ORDER BY ministry_code") == [("vice_principal", 2), ("teacher", 2)]
    further = await importer.run("staff", file("staff", second | {"school_code": "S2", "role": "clerk", "started_on": "2022-08-01"}))
    assert further["changed"] == 1
    main = (
        "SELECT s.role, o.code FROM staff s JOIN organisation_path o ON o.organisation_id = s.school_id WHERE ministry_code = '1600000001'"
    )
    assert await importer.rows(main) == [("vice_principal", "S1")]
    assert await importer.refused("staff", file("staff", {}, {}, {"degree": "doctor", "started_on": "2016-13-01"})) == [
        (3, "started_on", "duplicate_row"),
        (4, "degree", "enumeration"),
        (4, "started_on", "impossible_date"),
    ]
