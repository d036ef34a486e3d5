"""Who sees what: approved material the whole province, drafts only those who work on them in the author's organisation."""

from typing import Any

from tests.learning.conftest import World
from tests.learning.samples import content


async def test_drafts_stay_in_the_organisation(world: World) -> None:
    content_id = await world.teacher.submitted()
    for path in ("", "/versions", "/versions/1", "/versions/1/file"):
        assert (await world.stranger.get(f"/workspace/{content_id}{path}")).status_code == 404
        assert (await world.reviewer.get(f"/workspace/{content_id}{path}")).status_code == 200
    assert (await world.stranger.get("/workspace")).json()["items"] == []
    assert (await world.stranger.upload(content_id)).status_code == 404
    assert (await world.stranger.act(content_id, "withdraw", {"reason": "x"})).status_code == 404
    assert (await world.stranger.patch("/workspace/" + content_id, {"title": "x"}, If_Match="*")).status_code == 404
    assert (await world.stranger.get("/contents/changes")).json()["items"] == []
    assert len((await world.caller("commune_officer@C1").get("/workspace")).json()["items"]) == 1


async def test_readers_of_the_same_school_see_no_drafts(world: World) -> None:
    content_id = await world.teacher.submitted()
    for role in ("guardian", "learner", "clerk", "auditor"):
        reader = world.caller(role + "@S1")
        assert (await reader.get("/contents")).json()["items"] == []
        assert (await reader.get("/contents/" + content_id)).status_code == 404
        assert (await reader.get(f"/contents/{content_id}/file")).status_code == 404
        for path in ("/workspace", f"/workspace/{content_id}", f"/workspace/{content_id}/versions/1/file", "/contents/changes"):
            assert (await reader.get(path)).status_code == 403


async def test_a_draft_over_an_approved_version_is_not_shown_to_the_province(world: World) -> None:
    content_id = await world.approved()
    await world.teacher.must(f"/workspace/{content_id}/versions", {"title": "Bản nháp"}, If_Match="*")
    for role in ("guardian@S2", "learner@S2", "school_admin@S2", "guardian@S1"):
        reader = world.caller(role)
        assert [item["title"] for item in (await reader.get("/contents")).json()["items"]] == ["Phân số bằng nhau"]
        assert (await reader.get("/contents/" + content_id)).json()["number"] == 1
        assert (await reader.get(f"/contents/{content_id}/file")).status_code == 200
    # Approved work of another school is read in the library, not worked on.
    assert (await world.stranger.get("/workspace/" + content_id)).status_code == 404
    assert (await world.stranger.post(f"/workspace/{content_id}/versions", {}, If_Match="*")).status_code == 404


async def test_a_machine_client_needs_its_scope(world: World) -> None:
    reading = world.caller("integrator@P1", sid=None, scope="learning.read")
    assert (await reading.get("/contents")).status_code == 200
    assert (await reading.post("/workspace", content())).status_code == 403
    writing = world.caller("integrator@P1", sid=None, scope="learning.write learning.read")
    assert (await writing.post("/workspace", content())).status_code == 201


async def test_search(world: World) -> None:
    await world.approved(title="Phân số bằng nhau", grade=4)
    await world.approved(title="Đồ thị hàm số", level="lower_secondary", grade=9, kind="video")
    await world.approved(title="Trạng ngữ", subject="vietnamese", grade=4, description="Luyện từ và câu")

    async def found(**query: Any) -> list[str]:
        answer = await world.stranger.get("/contents", sort="title", **query)
        assert answer.status_code == 200, answer.text
        return [item["title"] for item in answer.json()["items"]]

    assert await found() == ["Đồ thị hàm số", "Phân số bằng nhau", "Trạng ngữ"]
    assert await found(q="phan so") == ["Phân số bằng nhau"]
    assert await found(q="số ĐỒ") == ["Đồ thị hàm số"]
    assert await found(q="luyen tu") == ["Trạng ngữ"]
    assert await found(q="không có") == []
    assert await found(subject="mathematics", grade=4) == ["Phân số bằng nhau"]
    assert await found(kind="video") == ["Đồ thị hàm số"]
    assert await found(level="primary", organisation="C1") == ["Phân số bằng nhau", "Trạng ngữ"]
    assert await found(organisation="C2") == []
    page = (await world.stranger.get("/contents", sort="title", limit=2, count="exact")).json()
    assert (page["count"], len(page["items"])) == (3, 2)
    assert [item["title"] for item in (await world.stranger.get("/contents", sort="title", cursor=page["next"])).json()["items"]] == [
        "Trạng ngữ"
    ]
    assert (await world.stranger.get("/contents", subjekt="x")).status_code == 422


async def test_changes_are_fed_in_order_with_the_content_as_key(world: World) -> None:
    content_id = await world.approved()
    feed = (await world.reviewer.get("/contents/changes")).json()
    assert [(item["key"], item["version"], item["kind"]) for item in feed["items"]] == [
        (content_id, version, "changed") for version in range(1, 5)
    ]
    assert (await world.reviewer.get("/contents/changes", cursor=feed["next"])).json()["items"] == []


async def test_material_follows_its_organisation_in_the_tree(world: World) -> None:
    content_id = await world.teacher.submitted()
    await world.rows(
        "UPDATE organisation_path s SET path = c.path || text2ltree(replace(s.organisation_id::text, '-', '')) "
        "FROM organisation_path c WHERE s.code = 'S1' AND c.code = 'C2'"
    )
    assert (await world.caller("commune_officer@C1").get("/workspace/" + content_id)).status_code == 404
    assert (await world.caller("commune_officer@C2").act(content_id, "approve")).status_code == 200
    feed = (await world.caller("commune_officer@C1").get("/contents/changes")).json()["items"]
    assert feed[-1]["kind"] == "deleted"
