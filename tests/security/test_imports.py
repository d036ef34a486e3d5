"""What a file can bring to light: its rows are checked against everything, its report tells nothing of what the sender may not see."""

import json

import pytest

from services.registry.imports import worker
from tests.security.asking import refused
from tests.security.assets import file_of
from tests.security.registry import COLUMNS, LIMITS, V1
from tests.security.schools import SHARED, YEAR, Ground, School, leaked
from tests.security.snapshots import about

ASSETS = "/assets/v1/imports"
STAFF = (
    "ministry_code,personal_number,full_name,birth_date,sex,school_code,role,subject,degree,uses_it,makes_elearning,started_on,ended_on,"
    "it_certificate_on"
)
CLASSES = "school_code,school_year,name,grade,level,studies_informatics,site_code"
ORGANISATIONS = "code,name,kind,parent_code,levels,school_type,administrative_unit_code,has_website,valid_from,valid_to"


def files(here: School, there: School) -> dict[str, tuple[str, str, list[str]]]:
    """Return files of the other school that name what is here: kind, header, rows."""
    code, number, own = here.codes["first"], here.personal_number, there.code
    child = f"Người Khác,2014-05-05,1,,{own},{YEAR},,5,primary,false"
    same = f"{here.word} Páo first,2015-03-02,1,,{own},{YEAR},,5,primary,false"
    teacher = f"Người Khác,1980,2,{own},teacher,,,false,false,2020-01-01,,"
    return {
        "a learner's code": ("learners", COLUMNS, [f"{code},,{child},2026-09-01,"]),
        "a learner as they are": ("learners", COLUMNS, [f"{code},,{same},2026-09-01,", f"{code},,{same},2026-08-01,2026-09-01"]),
        "a guardian's number": ("learners", COLUMNS, [f"8877000001,{number},{child},2026-09-01,"]),
        "two people in one row": ("learners", COLUMNS, [f"{code},{number},{child},2026-09-01,"]),
        "a school": ("learners", COLUMNS, [f"8877000002,,{child.replace(own, here.code)},2026-09-01,"]),
        "a class": ("learners", COLUMNS, [f"8877000003,,{child.replace(YEAR + ',', YEAR + ',' + here.room)},2026-09-01,"]),
        "a teacher's code": ("staff", STAFF, [f"{here.codes['staff']},,{teacher}"]),
        "a teacher at the school": ("staff", STAFF, [f"8877000004,,{teacher.replace(own, here.code)}"]),
        "a class of the school": ("classes", CLASSES, [f"{here.code},{YEAR},{here.room},5,primary,false,"]),
        "a site of the school": ("classes", CLASSES, [f"{own},{YEAR},5X,5,primary,false,{here.site}"]),
        "the school's own row": ("organisations", ORGANISATIONS, [f"{here.code},Tên,school,{here.commune},primary,public,,,2015-01-01,"]),
        "a site of theirs": ("organisations", ORGANISATIONS, [f"DIEM-MOI,Tên,site,{here.code},,,,,2016-01-01,"]),
        "the school's code": ("organisations", ORGANISATIONS, [f"{here.code},Tên,site,{own},,,,,2016-01-01,"]),
    }


@pytest.mark.parametrize("what", list(files(School("A", "x"), School("B", "y"))))
@SHARED
async def test_a_report_tells_nothing_of_the_other_school(grounds: dict[str, Ground], what: str) -> None:
    ground = grounds["registry"]
    kind, header, rows = files(ground.here, ground.there)[what]
    content = "\n".join([header, *rows, ""])
    headers = ground.headers("integrator", ground.there.code, ground.there.subject)
    before = await about(ground.database, ground.here)
    answer = await ground.client.post(
        f"{V1}/imports", params={"kind": kind}, content=content.encode(), headers=headers | {"content-type": "text/csv"}
    )
    assert answer.status_code == 202, answer.text
    while await worker.work_once(ground.database.url, LIMITS):
        pass
    address = f"{V1}/imports/{answer.json()['import_id']}"
    run = await ground.client.get(address, headers=headers)
    report = await ground.client.get(address + "/errors", headers=headers)
    table = await ground.client.get(address + "/errors", headers=headers | {"accept": "text/csv"})
    assert run.json()["state"] == "rejected", run.text
    assert report.json()["items"]
    begins = f"2026-09-{ord(ground.here.letter) - 48:02d}"
    for told in (run, report, table):
        assert not leaked(ground.here, told, content), told.text
        assert begins not in told.text, f"the day on which the learner came to the other school: {told.text}"
    assert await about(ground.database, ground.here) == before


def others_assets(here: School, there: School) -> dict[str, tuple[str, str]]:
    """Return files of the other school that name what is here: text and media type."""
    computer = "teaching_computer,Máy tính,1,2026-01-15"
    row = {"organisation_code": here.code, "asset_code": "MOI", "class_code": "teaching_computer", "valid_from": "2026-01-15"}
    return {
        "an asset of the school": (file_of(f"{here.code},{here.ids.get('asset_code')},{computer}"), "text/csv"),
        "a new one there": (file_of(f"{here.code},MOI,{computer}"), "text/csv"),
        "a new one at its site": (file_of(f"{here.site},MOI,{computer}"), "text/csv"),
        "one of their own besides": (file_of(f"{there.code},MOI,{computer}", f"{here.code},MOI,{computer}"), "text/csv"),
        "the same as JSON": (json.dumps([row]), "application/json"),
    }


@pytest.mark.parametrize("what", list(others_assets(School("A", "x"), School("B", "y"))))
@SHARED
async def test_a_file_of_assets_reaches_its_senders_organisations_only(grounds: dict[str, Ground], what: str) -> None:
    ground = grounds["assets"]
    here, there = ground.here, ground.there
    content, media = others_assets(here, there)[what]
    before = await about(ground.database, here), await about(ground.database, there)
    headers = ground.headers("integrator", there.code, there.subject)
    reports = []
    for text in (content, content.replace(here.code, "KHONG-CO").replace(here.site, "KHONG-CO")):
        answer = await ground.client.post(ASSETS, content=text, headers=headers | {"content-type": media})
        assert (answer.status_code, answer.json()["state"]) == (201, "rejected"), answer.text
        report = await ground.client.get(f"{ASSETS}/{answer.json()['import_id']}/errors", headers=headers)
        assert not leaked(here, answer, text)
        assert not leaked(here, report, text)
        reports.append([(line["row"], line["column"], line["code"]) for line in report.json()["items"]])
    assert reports[0] == reports[1], "an organisation elsewhere looks like one that does not exist"
    assert "unknown_organisation" in {code for *_, code in reports[0]}
    assert (await about(ground.database, here), await about(ground.database, there)) == before


TABLES = ("POST /assets/v1/imports", "POST /egov/v1/offers/import", "POST /egov/v1/document-counts/import")
WRONG: dict[str, bytes] = {
    "nothing": b"",
    "a header alone": b"organisation_code\n",
    "unknown columns": b"a,b\n1,2\n",
    "no text": b"\x89PNG\r\n\x1a\n\x00\x00",
    "another encoding": "organisation_code,asset_code\nTRUONG,Máy\n".encode("utf-16"),
    "a null byte": b"organisation_code,asset_code\nA\x00B,C\n",
    "an open quote": b'organisation_code,asset_code\n"A,C\n',
    "one endless cell": b"organisation_code\n" + b"x" * 300_000 + b"\n",
    "a formula": b"organisation_code,asset_code\n=cmd|' /C calc'!A0,C\n",
}


@pytest.mark.parametrize("what", list(WRONG))
@pytest.mark.parametrize("name", TABLES)
@SHARED
async def test_a_wrong_file_is_told_what_is_wrong_and_changes_nothing(grounds: dict[str, Ground], name: str, what: str) -> None:
    method, path = name.split(" ")
    ground = grounds[path.split("/")[1]]
    there = ground.there
    before = await about(ground.database, there)
    headers = ground.headers("integrator", there.code, there.subject) | {"content-type": "text/csv"}
    answer = await ground.client.request(method, path, content=WRONG[what], headers=headers)
    if answer.status_code == 201:
        assert (answer.json()["state"], answer.json()["errors"] > 0) == ("rejected", True), answer.text
    else:
        refused(answer, 400, 422)
    assert await about(ground.database, there) == before


@pytest.mark.parametrize("name", ["assets", "registry"])
@SHARED
async def test_a_run_is_its_senders(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    here, there = ground.here, ground.there
    ours = ground.headers("school_admin", here.code, here.subject)
    runs = f"/{name}/v1/imports"
    address = f"{runs}/{here.ids['import_id']}"
    assert (await ground.client.get(address, headers=ours)).status_code == 200
    same = (ground.headers("school_admin", here.code, there.subject), ground.headers("school_admin", there.code, there.subject))
    for headers in same:
        for method, rest in (("GET", ""), ("GET", "/errors"), ("POST", "/resume")):
            assert (await ground.client.request(method, address + rest, headers=headers)).status_code == 404
        listed = await ground.client.get(runs, params={"limit": 500}, headers=headers)
        assert here.ids["import_id"] not in listed.text
