"""E-government with both schools in it: a transfer into each that a guardian has filed and the school has received, offers and counts."""

from collections.abc import Callable
from uuid import UUID, uuid4

from tests.egov.samples import BS02, TC10
from tests.insight.support import identity, organisation
from tests.security.copies import tell, tree
from tests.security.schools import PROVINCE, Body, Founder, School, Sent
from tests.support.postgres import TestDatabase

V1 = "/egov/v1"
DOSSIERS = f"{V1}/dossiers"
ONE = DOSSIERS + "/{dossier_id}"
PROCEDURE = "2.002854"
ANY = {"If-Match": "*"}


def agency(school: School) -> str:
    """Return the agency part of the school's dossier codes."""
    return f"H38.12.{ord(school.letter):03d}"


def transfer(school: School, **others: object) -> Body:
    """Return the draft of a transfer into the school."""
    made = {"learner_id": school.ids["learner_id"], "receiving_school_code": school.code, "applicant_name": f"{school.word} Mai"}
    made |= {"applicant_phone": school.personal_number, "ground": "moves_home", "explanation": f"Nhà ở {school.word}"}
    return made | {"channel": "counter", "papers": [{"key": "transfer_application", "name": f"Đơn {school.word}"}]} | others


def from_outside(school: School) -> Body:
    """Return what the school's desk takes in for a learner from another province."""
    learner = {"learner_name": f"{school.word} Hạnh", "learner_birth_date": "2015-05-06", "grade": 5}
    made = {name: value for name, value in transfer(school).items() if name != "learner_id"}
    return made | {"outside": learner | {"school_name": "Trường số 1", "province": "Tỉnh khác"}}


def offer(school: School) -> Body:
    """Return an offer of the school."""
    return {"organisation_code": school.code, "procedure_code": PROCEDURE, "level": "full", "valid_from": "2026-01-01"}


def count(school: School) -> Body:
    """Return counted documents of the school."""
    return {"organisation_code": school.code, "period_start": "2026-01-01", "period_end": "2026-01-31", "incoming": 7, "outgoing": 5}


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Put both schools in."""
    senders = [(PROVINCE, school.commune, f"TRUONG-GUI-{school.letter}") for school in schools]
    await tell("egov", database, *tree(*schools), *(organisation(*path, kind="school") for path in senders))
    for school, (*_, sender) in zip(schools, senders, strict=True):
        _child(founder, school, sender)
        await founder.must("PUT", f"{V1}/agencies/{school.code}", {"agency_code": agency(school)})
        await founder.must("PUT", f"{V1}/offers", {"items": [offer(school)]})
        await founder.must("PUT", f"{V1}/document-counts", {"items": [count(school)]})
        await _dossier(founder, school)
        school.mark(sender, identity(sender))
        school.publish(school.code, identity(school.code))


def _child(founder: Founder, school: School, sender: str) -> None:
    """Make a child known to whoever stands in for the registry."""
    named = {name: str(uuid4()) for name in ("learner_id", "person_id", "guardian_id", "class_id")}
    school.ids["learner_id"] = named["learner_id"]
    school.people |= {"learner": named["person_id"], "guardian": named["guardian_id"]}
    school.mark(f"{school.word} Páo", school.personal_number, *map(UUID, named.values()))
    founder.registry.learners[named["learner_id"]] = {
        "learner_id": named["learner_id"],
        "person_id": named["person_id"],
        "full_name": f"{school.word} Páo",
        "birth_date": "2015-03-02",
        "school_id": str(identity(sender)),
        "school_code": sender,
        "class_id": named["class_id"],
        "grade": 5,
        "level": "primary",
        "version": 1,
    }
    founder.registry.guardians[named["learner_id"]] = [named["guardian_id"]]


async def _dossier(founder: Founder, school: School) -> None:
    guardian = founder.issuer.headers(f"guardian@{school.code}", sub=str(uuid4()), person_id=school.people["guardian"])
    desk = founder.issuer.headers(f"school_admin@{school.code}", sub=school.subject)
    made = await founder.must("POST", DOSSIERS, transfer(school, channel="online"), **guardian)
    address = f"{DOSSIERS}/{made['dossier_id']}"
    await founder.must("POST", f"{address}/submit", **guardian, **ANY)
    received = await founder.must("POST", f"{address}/receive", **desk, **ANY)
    school.mark(UUID(made["dossier_id"]), received["code"], received["tracking_key"])
    school.ids |= {"dossier_id": made["dossier_id"], "dossier_code": received["code"], "key": received["tracking_key"]}
    school.ids |= {"procedure_code": PROCEDURE, "start": "2026-11-09T09:00:00+07:00", "value": "5"}


def _offers_file(school: School) -> Sent:
    return f"organisation_code,procedure_code,level,one_stop,valid_from\n{school.code},{PROCEDURE},full,true,2026-01-01\n", "text/csv"


def _counts_file(school: School) -> Sent:
    return f"organisation_code,period_start,period_end,incoming,outgoing\n{school.code},2026-02-01,2026-02-28,7,5\n", "text/csv"


BODIES: dict[str, Callable[[School], Body]] = {
    f"PUT {V1}/agencies/{{organisation_code}}": lambda school: {"agency_code": agency(school)},
    f"PUT {V1}/document-counts": lambda school: {"items": [count(school)]},
    f"PUT {V1}/offers": lambda school: {"items": [offer(school)]},
    f"POST {DOSSIERS}": transfer,
    f"PATCH {ONE}": lambda _: {"explanation": "Lý do khác", "ground": "hardship"},
    f"POST {ONE}/approve": lambda _: {"grade": 5},
    f"POST {ONE}/postpone": lambda _: {"reason": "Thiếu người", "new_due_date": "2027-03-01"},
    f"POST {ONE}/refuse": lambda _: {"reasons": [TC10]},
    f"POST {ONE}/reject": lambda _: {"reasons": [TC10]},
    f"POST {ONE}/release": lambda _: {"note": "Đã giao học bạ"},
    f"POST {ONE}/request-supplement": lambda _: {"reasons": [BS02], "supervisor_reason": "Cần thêm"},
    f"POST {ONE}/retry": lambda _: {"note": "Đã xử lý"},
    f"POST {ONE}/return": lambda _: {"note": "Đã trả"},
    f"POST {ONE}/stop": lambda _: {"reason": "Không chuyển được"},
    f"POST {ONE}/supplement": lambda _: {"note": "Đã bổ sung", "papers": []},
    f"POST {ONE}/take-records": lambda school: {"learner_id": school.ids["learner_id"]},
    f"POST {ONE}/withdraw": lambda _: {"note": "Không chuyển nữa"},
}
FILES: dict[str, Callable[[School], Sent]] = {
    f"POST {V1}/offers/import": _offers_file,
    f"POST {V1}/document-counts/import": _counts_file,
}
