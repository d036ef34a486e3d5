"""What each role may do with a dossier: the office handles, the principal signs, the family files for its own child."""

from uuid import uuid4

import pytest

from libs.common.auth.permissions import roles
from services.egov.dossiers import rules
from tests.egov.conftest import Caller, World
from tests.egov.samples import BS02, TC10, approved, draft, received, submitted

FORBIDDEN = "urn:lienthong:problem:forbidden"
WRONG_SIDE = "urn:lienthong:problem:dossier-wrong-side"


async def refusal(caller: Caller, dossier: dict[str, object], action: str, body: object = None) -> tuple[int, str, str]:
    answer = await caller.act(dossier, action, body)
    return answer.status_code, answer.json()["type"], answer.json()["detail_en"]


async def test_a_clerk_handles_and_neither_decides_nor_releases(world: World) -> None:
    clerk = world.caller("clerk@S2")
    dossier = await clerk.must(await submitted(world), "request-supplement", {"reasons": [BS02]})
    dossier = await clerk.must(await world.mother.must(dossier, "supplement", {"note": "đã bổ sung"}), "receive")
    for action, body in (("approve", {}), ("refuse", {"reasons": [TC10]}), ("retry", {"note": "x"}), ("stop", {"reason": "x"})):
        assert await refusal(clerk, dossier, action, body) == (403, FORBIDDEN, "Missing permission “egov.dossier.decide”.")
    dossier = await world.receiving.must(dossier, "approve", {})
    office = world.caller("clerk@S1")
    assert await refusal(office, dossier, "release") == (403, FORBIDDEN, "Missing permission “egov.dossier.release”.")
    assert (await world.mother.read(dossier))["version"] == dossier["version"]
    released = await world.sending.must(dossier, "release")
    assert released["stage"] == "released"


@pytest.mark.parametrize("grant", ["commune_officer@C2", "province_officer@P1", "platform_admin@*"])
async def test_nobody_above_the_school_signs_in_its_place(world: World, grant: str) -> None:
    above = world.caller(grant)
    dossier = await received(world)
    told = "The school itself signs this; nobody above it does so in its place."
    for action, body in (("approve", {}), ("refuse", {"reasons": [TC10]})):
        assert await refusal(above, dossier, action, body) == (403, WRONG_SIDE, told)
    dossier = await world.receiving.must(dossier, "approve", {})
    everywhere = world.caller(grant.replace("C2", "C1"))
    assert await refusal(everywhere, dossier, "release") == (403, WRONG_SIDE, told)
    assert (await above.must(dossier, "stop", {"reason": "trường cho chuyển đã giải thể"}))["stage"] == "stopped"


async def test_a_principal_who_is_also_an_officer_above_still_signs(world: World) -> None:
    both = world.caller("school_admin@S2", "commune_officer@C2")
    assert (await both.must(await received(world), "approve", {}))["stage"] == "approved"


async def test_a_vendors_client_signs_nothing(world: World) -> None:
    client = world.caller("integrator@S2", sid=None, scope="egov.read egov.write")
    dossier = await client.must(await submitted(world), "receive")
    assert await refusal(client, dossier, "approve", {}) == (403, FORBIDDEN, "Missing permission “egov.dossier.decide”.")


async def test_a_guardian_files_for_their_own_child_and_does_nothing_of_the_schools(world: World) -> None:
    dossier = await submitted(world)
    for action, body in (("receive", None), ("reject", {"reasons": [TC10]}), ("approve", {}), ("release", {}), ("return", {})):
        assert (await refusal(world.mother, dossier, action, body))[:2] == (403, FORBIDDEN), action
    stranger = world.caller("guardian@S1", person_id=str(uuid4()))
    answer = await stranger.post("/dossiers", draft(world))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_learner")
    assert (await world.mother.must(dossier, "withdraw"))["stage"] == "withdrawn"


async def test_a_teacher_and_the_learner_change_nothing(world: World) -> None:
    dossier = await submitted(world)
    teacher, child = world.caller("teacher@S2"), world.caller("learner@S1", person_id=world.child_id)
    assert (await child.read(dossier))["stage"] == "submitted"
    assert (await teacher.get(f"/dossiers/{dossier['dossier_id']}")).status_code == 403
    for caller in (teacher, child):
        assert (await refusal(caller, dossier, "withdraw"))[1:] == (FORBIDDEN, "Missing permission “egov.dossier.file”.")
        assert (await refusal(caller, dossier, "approve", {}))[:2] == (403, FORBIDDEN)
        assert (await caller.post("/dossiers", draft(world))).status_code == 403


async def test_decisions_are_audited_under_the_principal(world: World) -> None:
    await approved(world)
    rows = await world.rows("SELECT action FROM audit ORDER BY audit_id")
    assert [row["action"] for row in rows] == ["egov.dossier.file", "egov.dossier.file", "egov.dossier.handle", "egov.dossier.decide"]


def test_who_carries_which_permission_on_dossiers() -> None:
    def held(permission: str) -> set[str]:
        return {name for name, role in roles().items() if role.reaches_organisation(permission) or role.reaches_relation(permission)}

    officers = {"platform_admin", "province_officer", "commune_officer", "school_admin"}
    assert held(rules.DECIDE) == held(rules.RELEASE) == officers
    assert held(rules.HANDLE) == officers | {"clerk", "integrator"}
    assert held(rules.FILE) == officers | {"clerk", "integrator", "guardian"}
    assert held("egov.dossier.read") == officers | {"clerk", "integrator", "guardian", "learner", "auditor"}
    assert held("egov.agency.set") == officers | {"integrator"}


async def test_a_draft_of_the_desk_belongs_to_the_receiving_school(world: World) -> None:
    clerk = world.caller("clerk@S1")
    answer = await clerk.post("/dossiers", draft(world, channel="counter"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_your_school"), answer.text
    assert await world.rows("SELECT 1 FROM dossier") == []
    world.registry.learners[world.learner_id] |= {"school_code": "P1"}  # the stand-in shows learners by the code of the grant
    typed = await world.caller("province_officer@P1").post("/dossiers", draft(world, channel="counter"))
    assert typed.status_code == 201, typed.text
    assert (await world.caller("clerk@S2").must(typed.json(), "submit"))["stage"] == "submitted"
