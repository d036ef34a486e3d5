"""The registry with both schools in it: people, classes, a guardian, a rejected import, a merger and a transfer of each."""

from datetime import timedelta
from typing import Any

from services.registry.imports import worker
from services.registry.imports.settings import ImportSettings
from tests.security.schools import PROVINCE, YEAR, Founder, School, superuser
from tests.support.postgres import TestDatabase

V1 = "/registry/v1"
BORN = "2015-03-02"
TRANSFER = """
INSERT INTO transfer (dossier_id, learner_id, from_school_code, to_school_code, effective_date, outcome, reason, organisation_path)
SELECT $1, $2, $3, $3, '2026-09-02', 'refused', 'same school', organisation_path FROM learner WHERE learner_id = $2"""
SUCCESSOR = """
INSERT INTO organisation_successor (predecessor_id, successor_id, change_date, kind, organisation_path)
SELECT $1, $2, '2030-01-01', 'split', organisation_path FROM organisation WHERE organisation_id = $2"""
LIMITS = ImportSettings(poll=timedelta(milliseconds=20))
COLUMNS = (
    "ministry_code,personal_number,full_name,birth_date,sex,ethnicity,school_code,school_year,class_name,grade,level,studies_informatics,"
    "enrolled_on,left_on"
)


def person(school: School, name: str, *identifiers: tuple[str, str], **others: Any) -> dict[str, Any]:
    """Return a made-up person whose name holds the school's word."""
    listed = [{"kind": kind, "value": value} for kind, value in identifiers]
    school.mark(f"{school.word} {name}", *(value for _, value in identifiers))
    return {"full_name": f"{school.word} {name}", "birth_date": BORN, "sex": 1, "identifiers": listed} | others


def enrolment(school: School, **others: Any) -> dict[str, Any]:
    return {
        "school_code": school.code,
        "school_year": YEAR,
        "level": "primary",
        "grade": 5,
        "class_name": school.room,
        "enrolled_on": f"2026-09-{ord(school.letter) - 48:02d}",
    } | others


def rows_of(*cells: str) -> bytes:
    """Return a file of learners with one row."""
    return "\n".join([COLUMNS, ",".join(cells), ""]).encode()


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Put both schools in."""
    await _organisation(founder, {"code": PROVINCE, "name": "Tỉnh chung", "kind": "province"})
    await founder.must("PUT", f"{V1}/school-years/{YEAR}", {"starts_on": "2026-09-01", "ends_on": "2027-05-31"})
    for school in schools:
        await _tree(founder, school)
        await _people(founder, school)
        await _import(founder, database, school)
        async with superuser(database) as connection:
            await connection.execute(TRANSFER, f"HS-{school.letter}-77", school.ids["learner_id"], school.code)
            await connection.execute(SUCCESSOR, school.ids["site_id"], school.ids["organisation_id"])
        school.mark(f"HS-{school.letter}-77")


async def _organisation(founder: Founder, body: dict[str, Any]) -> dict[str, Any]:
    return await founder.must("POST", f"{V1}/organisations", {"valid_from": "2015-01-01"} | body)


async def _tree(founder: Founder, school: School) -> None:
    word = school.word
    commune = {"code": school.commune, "name": f"Xã {word}", "kind": "commune", "parent_code": PROVINCE}
    made = {"code": school.code, "name": f"Trường {word}", "kind": "school", "parent_code": school.commune}
    site = {"code": school.site, "name": f"Điểm {word}", "kind": "site", "parent_code": school.code}
    school.mark(word, school.code, school.commune, school.site)
    for name, body in (
        ("commune_id", commune),
        ("organisation_id", made | {"levels": ["primary"], "school_type": "public"}),
        ("site_id", site),
    ):
        organisation = await _organisation(founder, body)
        school.mark_ids({"organisation_id": organisation["organisation_id"]})
        school.ids[name] = organisation["organisation_id"]
    school.ids |= {"code": school.code, "school_year": YEAR}


async def _people(founder: Founder, school: School) -> None:
    post = {"organisation_code": school.code, "role": "teacher", "subject": "informatics", "started_on": "2016-08-01"}
    certificate = {"kind": "it", "name": f"Chứng chỉ {school.word}", "issued_on": "2016-01-05"}
    employed = person(school, "Lan", ("ministry_code", school.codes["staff"]), post=post, certificates=[certificate])
    staff = await founder.must("POST", f"{V1}/staff", employed)
    room = {"school_code": school.code, "school_year": YEAR, "name": school.room, "level": "primary", "grade": 5}
    school.mark(room["name"])
    opened = await founder.must("POST", f"{V1}/classes", room | {"homeroom_staff_id": staff["staff_id"], "site_code": school.site})
    learners = []
    for name in ("first", "second"):
        child = person(school, f"Páo {name}", ("ministry_code", school.codes[name]), enrolment=enrolment(school))
        learners.append(await founder.must("POST", f"{V1}/learners", child))
    parent = person(school, "Lử", ("personal_number", school.personal_number))
    named = {"learner_id": learners[0]["learner_id"], "relation": "father", "person": parent}
    guardian = await founder.must("POST", f"{V1}/guardians", named)
    for document in (staff, opened, *learners):
        school.mark_ids({name: value for name, value in document.items() if not name.startswith("homeroom")})
    school.mark_ids({"guardian_id": guardian["guardian_person_id"]})
    school.ids |= {"staff_id": staff["staff_id"], "class_id": opened["class_id"], "learner_id": learners[0]["learner_id"]}
    school.ids |= {"kind": "ministry_code", "value": school.codes["first"]}
    school.people |= {"teacher": staff["person_id"], "learner": learners[0]["person_id"], "guardian": guardian["guardian_person_id"]}


async def _import(founder: Founder, database: TestDatabase, school: School) -> None:
    """Send a file with a wrong row as the school's administrator, and let the worker reject it."""
    wrong = rows_of("", "", f"{school.word} Sai", "2015-01-01", "1", "", school.code, YEAR, f"Z{school.word}", "5", "primary", "", "", "")
    headers = founder.issuer.headers(f"school_admin@{school.code}", sub=school.subject) | {"content-type": "text/csv"}
    sent = await founder.client.post(f"{V1}/imports", params={"kind": "learners"}, content=wrong, headers=headers)
    assert sent.status_code == 202, sent.text
    school.ids["import_id"] = sent.json()["import_id"]
    school.mark_ids(sent.json())
    school.mark(sent.json()["file_sha256"])
    await worker.work_once(database.url, LIMITS)
