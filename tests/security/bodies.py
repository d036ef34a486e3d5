"""A well-formed body for each operation that takes one, naming things of a school: it must fail by where, never by how, it is asked."""

from collections.abc import Callable
from typing import Any

from tests.security import assets, egov, learning
from tests.security.registry import BORN, enrolment, rows_of
from tests.security.schools import PROVINCE, YEAR, Body, School, Sent


def _person(school: School, **others: Any) -> Body:
    """Return a learner of the school; a code that is taken keeps whoever may do everything from adding anybody."""
    listed = [{"kind": "ministry_code", "value": school.codes["first"]}]
    return {"full_name": f"{school.word} Páo first", "birth_date": BORN, "sex": 1, "identifiers": listed} | others


def _post(school: School) -> Body:
    return {"organisation_code": school.code, "role": "teacher", "started_on": "2020-01-01"}


def _class(school: School) -> Body:
    return {"school_code": school.code, "school_year": YEAR, "name": school.room, "level": "primary", "grade": 5}


def _organisation(school: School) -> Body:
    made = {"name": f"Trường {school.word}", "kind": "school", "parent_code": school.commune, "levels": ["primary"]}
    return made | {"school_type": "public", "valid_from": "2015-01-01"}


def _guardian(school: School) -> Body:
    return {"learner_id": school.ids["learner_id"], "relation": "mother", "person_id": school.people["guardian"]}


def _grant(school: School) -> Body:
    return {"role": "teacher", "organisation_code": school.code}


def _account(school: School) -> Body:
    return {"username": f"nv.{school.word.lower()}", "name": "Nguyễn Thị Lan", "organisation_code": school.code}


def _client(school: School) -> Body:
    made = {"client_id": f"vendor-{school.word.lower()}", "name": "Phần mềm", "scopes": ["registry.read"]}
    return made | {"organisation_code": school.code}


ACCOUNTS, CLIENTS, REGISTRY = "/identity/v1/accounts", "/identity/v1/clients", "/registry/v1"
BODIES: dict[str, Callable[[School], Body]] = {
    f"POST {ACCOUNTS}": _account,
    f"PATCH {ACCOUNTS}/{{account_id}}": lambda _: {"name": "Tên khác"},
    f"POST {ACCOUNTS}/{{account_id}}/grants": _grant,
    f"POST {CLIENTS}": _client,
    f"PATCH {CLIENTS}/{{client_id}}": lambda _: {"name": "Tên khác"},
    f"POST {CLIENTS}/{{client_id}}/grants": _grant,
    f"POST {REGISTRY}/classes": _class,
    f"PUT {REGISTRY}/classes/by-key": _class,
    f"PATCH {REGISTRY}/classes/{{class_id}}": lambda _: {"name": "Lớp khác"},
    f"POST {REGISTRY}/guardians": _guardian,
    f"POST {REGISTRY}/learners": lambda school: _person(school, enrolment=enrolment(school)),
    f"PUT {REGISTRY}/learners/by-identifier/{{kind}}/{{value}}": lambda school: _person(
        school, enrolment=enrolment(school), identifiers=[]
    ),
    f"PATCH {REGISTRY}/learners/{{learner_id}}": lambda _: {"full_name": "Tên Khác"},
    f"POST {REGISTRY}/learners/{{learner_id}}/leave": lambda _: {"left_on": "2027-01-05", "status": "04"},
    # Two of three factors: whoever has the permission may match anybody by all three, and learns nothing by fewer.
    f"POST {REGISTRY}/learners/match": lambda school: {
        "ministry_code": school.codes["first"],
        "full_name": f"{school.word} Páo second",
        "birth_date": BORN,
    },
    f"POST {REGISTRY}/organisations": lambda school: _organisation(school) | {"code": school.code},
    f"PUT {REGISTRY}/organisations/by-code/{{code}}": _organisation,
    f"PATCH {REGISTRY}/organisations/{{organisation_id}}": lambda _: {"name": "Tên khác", "valid_from": "2026-10-01"},
    f"POST {REGISTRY}/organisations/{{organisation_id}}/close": lambda _: {"change_date": "2030-01-01"},
    f"POST {REGISTRY}/organisations/{{organisation_id}}/merge": lambda school: {"into_code": school.code, "change_date": "2030-01-01"},
    f"POST {REGISTRY}/organisations/{{organisation_id}}/reparent": lambda _: {"parent_code": PROVINCE, "change_date": "2030-01-01"},
    f"PUT {REGISTRY}/school-years/{{school_year}}": lambda _: {"starts_on": "2026-09-01", "ends_on": "2027-06-30"},
    f"POST {REGISTRY}/staff": lambda school: _person(school, post=_post(school), full_name=f"{school.word} Người Khác"),
    f"PATCH {REGISTRY}/staff/{{staff_id}}": lambda _: {"full_name": "Tên Khác"},
    f"POST {REGISTRY}/staff/{{staff_id}}/certificates": lambda _: {"kind": "it", "name": "Khác", "issued_on": "2020-01-01"},
    f"POST {REGISTRY}/staff/{{staff_id}}/posts": _post,
}
BODIES |= assets.BODIES | egov.BODIES | learning.BODIES


def _learners(school: School) -> Sent:
    row = ("9977000001", "", f"{school.word} Mới", "2015-01-01", "1", "", school.code, YEAR, "", "5", "primary", "", "2026-09-01", "")
    return rows_of(*row).decode(), "text/csv"


# Their body is a file.
FILES: dict[str, Callable[[School], Sent]] = {f"POST {REGISTRY}/imports": _learners} | assets.FILES | egov.FILES | learning.FILES
