"""Bodies of requests that are well formed, and dossiers brought to a stage; all people are made up."""

from typing import Any

from libs.common.events.topics import REGISTRY_LEARNER, REGISTRY_TRANSFER
from tests.egov.conftest import World, identity

BS02 = {"code": "BS02", "values": {"noi_dung": "lý do chuyển trường"}}
TC10 = {"code": "TC10", "values": {"noi_dung": "5", "lua_chon": "Trường S3"}}


def draft(world: World, **others: Any) -> dict[str, Any]:
    made = {
        "learner_id": world.learner_id,
        "receiving_school_code": "S2",
        "applicant_name": "Vàng Thị Mai",
        "applicant_phone": "0912345678",
        "ground": "moves_home",
    }
    return made | others


def at_desk(**others: Any) -> dict[str, Any]:
    """Return what a desk types in for a learner of another school; `learner` changes what the papers say."""
    papers = {"ministry_code": "9100000017", "full_name": "Giàng A Páo", "birth_date": "2015-03-02"}
    made = {"receiving_school_code": "S2", "applicant_name": "Vàng Thị Mai", "ground": "moves_home", "channel": "counter"}
    return made | others | {"learner": papers | others.get("learner", {})}


def from_outside(**others: Any) -> dict[str, Any]:
    return {
        "outside": {
            "school_name": "Trường Tiểu học Số 1",
            "province": "Hà Giang cũ",
            "learner_name": "Lò Thị Hạnh",
            "learner_birth_date": "2015-05-06",
            "grade": 5,
        },
        "receiving_school_code": "S2",
        "applicant_name": "Lò Văn Thủy",
        "ground": "hardship",
    } | others


async def drafted(world: World, **others: Any) -> dict[str, Any]:
    answer = await world.mother.post("/dossiers", draft(world, **others))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def submitted(world: World, **others: Any) -> dict[str, Any]:
    return await world.mother.must(await drafted(world, **others), "submit")


async def received(world: World, **others: Any) -> dict[str, Any]:
    return await world.receiving.must(await submitted(world, **others), "receive")


async def approved(world: World, **approval: Any) -> dict[str, Any]:
    return await world.receiving.must(await received(world), "approve", approval)


async def released(world: World, **approval: Any) -> dict[str, Any]:
    return await world.sending.must(await approved(world, **approval), "release")


def outcome(dossier_id: str, world: World, **others: Any) -> dict[str, Any]:
    return {
        "dossier_id": dossier_id,
        "learner_id": world.learner_id,
        "from_school_code": "S1",
        "to_school_code": "S2",
        "effective_date": "2026-11-09",
    } | others


async def executed(world: World, dossier_id: str) -> Any:
    body = outcome(dossier_id, world, enrolment_id=str(identity("spell")))
    return await world.tell(REGISTRY_TRANSFER, "transfer.executed.v1", dossier_id, 1, body)


async def refused(world: World, dossier_id: str, reason: str = "unknown_class") -> Any:
    return await world.tell(REGISTRY_TRANSFER, "transfer.refused.v1", dossier_id, 1, outcome(dossier_id, world, reason=reason))


async def learner_stands(world: World, version: int, school: str, class_name: str | None, verb: str = "changed") -> Any:
    spell = {
        "enrolment_id": str(identity("spell" + school)),
        "school_id": str(identity(school)),
        "class_id": str(identity(class_name)) if class_name else None,
        "school_year": "2026-2027",
        "grade": 5,
        "level": "primary",
        "studies_informatics": False,
        "valid_from": "2026-11-09",
        "valid_to": None,
    }
    body = {"learner_id": world.learner_id, "birth_year": 2015, "sex": 1, "enrolments": [spell], "version": version}
    return await world.tell(REGISTRY_LEARNER, f"learner.{verb}.v1", world.learner_id, version, body)


def state(school: str, version: int, levels: list[str]) -> dict[str, Any]:
    """Return the whole state of a school, as the registry tells it."""
    dated = {
        "code": school,
        "name": school,
        "kind": "school",
        "parent_id": str(identity("C2")),
        "path": f"{identity('C2').hex}.{identity(school).hex}",
        "levels": levels,
        "valid_from": "2015-01-01",
        "valid_to": None,
    }
    return {"organisation_id": str(identity(school)), "versions": [dated], "successors": [], "version": version}
