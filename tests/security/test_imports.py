"""What a file can bring to light: its rows are checked against everything, its report tells nothing of what the sender may not see."""

import pytest

from services.registry.imports import worker
from tests.security.registry import COLUMNS, LIMITS, V1
from tests.security.schools import SHARED, YEAR, Ground, School, leaked
from tests.security.snapshots import about

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


@SHARED
async def test_a_run_is_its_senders(grounds: dict[str, Ground]) -> None:
    ground = grounds["registry"]
    here, there = ground.here, ground.there
    ours = ground.headers("school_admin", here.code, here.subject)
    address = f"{V1}/imports/{here.ids['import_id']}"
    assert (await ground.client.get(address, headers=ours)).status_code == 200
    same = (ground.headers("school_admin", here.code, there.subject), ground.headers("school_admin", there.code, there.subject))
    for headers in same:
        for method, rest in (("GET", ""), ("GET", "/errors"), ("POST", "/resume")):
            assert (await ground.client.request(method, address + rest, headers=headers)).status_code == 404
        listed = await ground.client.get(f"{V1}/imports", params={"limit": 500}, headers=headers)
        assert here.ids["import_id"] not in listed.text
