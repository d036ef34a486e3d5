"""Assets with both schools in it: computers whose cost has changed, a year's wear, a rejected import, and a learner's spell of each."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from services.assets.wear.ruleset import packaged
from tests.insight.support import identity, learner, spell
from tests.security.copies import tell, tree
from tests.security.schools import Body, Founder, School, Sent
from tests.support.postgres import TestDatabase

V1 = "/assets/v1"
SINCE = "2026-01-15"
COLUMNS = "organisation_code,asset_code,class_code,name,quantity,valid_from"


def asset(school: School, code: str, **others: Any) -> Body:
    """Return computers of the school."""
    made = {"organisation_code": school.code, "asset_code": code, "class_code": "teaching_computer", "name": f"Máy tính {school.word}"}
    return made | {"level": "primary", "quantity": 14, "cost": 15_000_000, "valid_from": SINCE} | others


def file_of(*rows: str) -> str:
    """Return a file of assets."""
    return "\n".join([COLUMNS, *rows, ""])


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Put both schools in."""
    await tell("assets", database, *tree(*schools))
    for school in schools:
        enrolled = spell("dot " + school.word, school.code, "primary", date(2026, 9, 1))
        await tell("assets", database, learner("hs " + school.word, enrolled))
        school.mark(enrolled["enrolment_id"], identity("hs " + school.word))
        await _held(founder, school)
        await _import(founder, school)


async def _held(founder: Founder, school: School) -> None:
    code = f"MVT-{school.word}"
    made = await founder.must("POST", f"{V1}/assets", asset(school, code))
    address = f"{V1}/assets/{made['asset_id']}"
    await founder.must("PATCH", address, {"cost": 12_000_000, "cost_reason": "part_removed"}, **{"If-Match": "*"})
    run = await founder.must("POST", f"{V1}/wear/runs", {"organisation_code": school.code, "year": 2026})
    school.mark(code, UUID(made["asset_id"]), UUID(run["run_id"]))
    school.ids |= {"asset_id": made["asset_id"], "asset_code": code, "run_id": run["run_id"], "level": "primary", "valid_from": SINCE}


async def _import(founder: Founder, school: School) -> None:
    """Send a file with a wrong row as the school's administrator."""
    wrong = file_of(f"{school.code},Z{school.word},no_such_class,Máy {school.word},1,{SINCE}").encode()
    headers = founder.issuer.headers(f"school_admin@{school.code}", sub=school.subject) | {"content-type": "text/csv"}
    sent = await founder.client.post(f"{V1}/imports", content=wrong, headers=headers)
    assert (sent.status_code, sent.json()["state"]) == (201, "rejected"), sent.text
    school.ids["import_id"] = sent.json()["import_id"]
    school.mark(UUID(sent.json()["import_id"]), sent.json()["file_sha256"])


def _put(school: School) -> Body:
    keys = ("organisation_code", "asset_code")
    return {name: value for name, value in asset(school, "").items() if name not in keys}


BODIES: dict[str, Callable[[School], Body]] = {
    f"POST {V1}/assets": lambda school: asset(school, "MVT-MOI"),
    f"PUT {V1}/assets/by-code/{{organisation_code}}/{{asset_code}}": _put,
    f"PATCH {V1}/assets/{{asset_id}}": lambda _: {"quantity": 3, "name": "Tên khác"},
    f"POST {V1}/assets/{{asset_id}}/retire": lambda _: {"retired_on": "2026-06-01"},
    f"PUT {V1}/norms/learners_per_computer/{{level}}/{{valid_from}}": lambda _: {"value": 14, "legal_basis": "Quyết định 1"},
    f"POST {V1}/wear/rule-sets": lambda _: packaged().rules.model_dump(mode="json") | {"legal_basis": "Thông tư khác"},
    f"POST {V1}/wear/runs": lambda school: {"organisation_code": school.code, "year": 2025},
}
FILES: dict[str, Callable[[School], Sent]] = {
    f"POST {V1}/imports": lambda school: (file_of(f"{school.code},MVT-TEP,teaching_computer,Máy {school.word},1,{SINCE}"), "text/csv"),
}
