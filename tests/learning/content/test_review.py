"""The life of a content over HTTP: draft, submit, review by somebody else, new versions, withdrawal."""

import asyncio
from typing import Any

from tests.learning.conftest import Caller, World
from tests.learning.samples import content

TYPE = "urn:lienthong:problem:"


async def newest(caller: Caller, content_id: str) -> dict[str, Any]:
    return dict((await caller.get("/workspace/" + content_id)).json())


async def test_from_draft_to_the_province(world: World) -> None:
    made = await world.teacher.must("/workspace", content(), Idempotency_Key="a")
    assert made == await world.teacher.must("/workspace", content(), Idempotency_Key="a")
    content_id = made["content_id"]
    assert (made["state"], made["version"], made["mine"], made["file"], made["organisation_code"]) == ("draft", 1, True, None, "S1")
    assert (await world.stranger.get("/contents/" + content_id)).status_code == 404
    assert (await world.teacher.act(content_id, "submit")).json()["type"] == TYPE + "nothing-to-review"
    filled = await world.teacher.upload(content_id, If_Match='"1"')
    assert (filled.json()["version"], filled.json()["file"]["name"]) == (2, "Bài 1.pdf")
    sent = await world.teacher.act(content_id, "submit", match='"2"')
    assert (sent.json()["state"], sent.headers["etag"]) == ("submitted", '"3"')
    queue = await world.reviewer.get("/workspace", state="submitted", mine=False)
    assert [item["content_id"] for item in queue.json()["items"]] == [content_id]
    done = await world.reviewer.act(content_id, "approve", match='"3"')
    assert (done.json()["state"], done.json()["published_number"], done.json()["mine"]) == ("approved", 1, False)
    read = await world.stranger.get("/contents/" + content_id)
    assert (read.status_code, read.json()["title"], read.headers["etag"]) == (200, "Phân số bằng nhau", '"4"')
    assert (await world.stranger.get("/contents/" + content_id, {"If-None-Match": '"4"'})).status_code == 304


async def test_nobody_reviews_what_they_wrote(world: World) -> None:
    both = world.caller("school_admin@S1")
    content_id = await both.submitted()
    for action, body in (("approve", None), ("return", {"reasons": ["x"]})):
        refused = await both.act(content_id, action, body)
        assert (refused.status_code, refused.json()["type"]) == (403, TYPE + "own-review")
    returned = await world.reviewer.act(content_id, "return", {"reasons": ["Thiếu lời giải"]})
    assert returned.json()["reasons"] == ["Thiếu lời giải"]
    # Somebody else's new version is still built on the first author's text.
    await world.teacher.must(f"/workspace/{content_id}/versions", {}, If_Match="*")
    assert (await world.teacher.act(content_id, "submit")).status_code == 200
    assert (await both.act(content_id, "approve")).json()["type"] == TYPE + "own-review"
    assert (await world.reviewer.act(content_id, "approve")).status_code == 200


async def test_a_teacher_does_not_review(world: World) -> None:
    content_id = await world.teacher.submitted()
    refused = await world.caller("teacher@S1").act(content_id, "approve")
    assert (refused.status_code, "learning.content.review" in refused.json()["detail"]) == (403, True)


async def test_reviewers_of_the_commune_and_of_another_school(world: World) -> None:
    content_id = await world.teacher.submitted()
    assert (await world.stranger.act(content_id, "approve")).status_code == 404
    assert (await world.caller("commune_officer@C2").act(content_id, "approve")).status_code == 404
    assert (await world.caller("commune_officer@C1").act(content_id, "approve")).status_code == 200


async def test_of_concurrent_decisions_exactly_one_wins(world: World) -> None:
    content_id = await world.teacher.submitted()
    reviewers = [world.caller("school_admin@S1") for _ in range(6)]
    matches = ['"3"', "*"] * 3
    answers = await asyncio.gather(
        *(reviewer.act(content_id, "approve", match=match) for reviewer, match in zip(reviewers, matches, strict=True))
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 412}
    approvals = await world.rows("SELECT count(*) FROM outbox WHERE type LIKE '%content.approved.v1' AND key = $1", content_id)
    assert approvals == [(1,)]


async def test_preconditions(world: World) -> None:
    content_id = await world.teacher.submitted()
    path = f"/workspace/{content_id}"
    assert (await world.reviewer.post(path + "/approve")).status_code == 428
    assert (await world.reviewer.act(content_id, "approve", match='"2"')).status_code == 412
    assert (await world.teacher.patch(path, {"title": "x"})).status_code == 428
    assert (await world.teacher.patch(path, {"title": "x"}, If_Match='"1"')).status_code == 412


async def test_a_submitted_version_is_frozen(world: World) -> None:
    content_id = await world.teacher.submitted()
    for answer in (
        await world.teacher.patch(f"/workspace/{content_id}", {"title": "Khác"}, If_Match="*"),
        await world.teacher.upload(content_id, b"%PDF-1.7 other"),
        await world.teacher.act(content_id, "submit"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, TYPE + "version-frozen")
    open_one = await world.teacher.post(f"/workspace/{content_id}/versions", {}, If_Match="*")
    assert (open_one.status_code, open_one.json()["type"]) == (409, TYPE + "version-open")


async def test_a_new_version_leaves_the_approved_one_until_it_is_approved(world: World) -> None:
    content_id = await world.approved()
    second = await world.teacher.must(f"/workspace/{content_id}/versions", {"title": "Phân số, bản hai"}, If_Match="*")
    assert (second["number"], second["state"], second["published_number"]) == (2, "draft", 1)
    changed = await world.teacher.patch(f"/workspace/{content_id}", {"description": "Thêm bài tập"}, If_Match="*")
    assert changed.json()["description"] == "Thêm bài tập"
    assert (await world.stranger.get("/contents/" + content_id)).json()["number"] == 1
    assert (await world.teacher.act(content_id, "submit")).status_code == 200
    assert (await world.stranger.get("/contents/" + content_id)).json()["title"] == "Phân số bằng nhau"
    assert (await world.reviewer.act(content_id, "approve")).status_code == 200
    assert (await world.stranger.get("/contents/" + content_id)).json()["title"] == "Phân số, bản hai"
    versions = (await world.teacher.get(f"/workspace/{content_id}/versions")).json()["items"]
    assert [(item["number"], item["state"]) for item in versions] == [(1, "superseded"), (2, "approved")]
    first = await world.teacher.get(f"/workspace/{content_id}/versions/1")
    assert (first.json()["title"], first.json()["description"]) == ("Phân số bằng nhau", "Bài giảng cho học sinh vùng cao")


async def test_only_the_author_works_on_a_draft(world: World) -> None:
    made = await world.teacher.must("/workspace", content())
    other = world.caller("teacher@S1")
    assert (await other.get("/workspace/" + made["content_id"])).json()["mine"] is False
    for answer in (
        await other.patch("/workspace/" + made["content_id"], {"title": "x"}, If_Match="*"),
        await other.upload(made["content_id"]),
        await other.act(made["content_id"], "submit"),
        await other.act(made["content_id"], "withdraw", {"reason": "x"}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, TYPE + "not-the-author")


async def test_withdrawal(world: World) -> None:
    content_id = await world.approved()
    await world.teacher.must(f"/workspace/{content_id}/versions", {}, If_Match="*")
    gone = await world.teacher.act(content_id, "withdraw", {"reason": "Có bản mới"})
    assert (gone.json()["state"], gone.json()["published_number"], gone.json()["end_reason"]) == ("withdrawn", None, "Có bản mới")
    assert (await world.stranger.get("/contents/" + content_id)).status_code == 404
    assert (await world.stranger.get(f"/contents/{content_id}/file")).status_code == 404
    again = await world.reviewer.act(content_id, "withdraw", {"reason": "x"})
    assert (again.status_code, again.json()["type"]) == (409, TYPE + "nothing-to-withdraw")
    await world.teacher.must(f"/workspace/{content_id}/versions", {}, If_Match="*")
    assert (await newest(world.teacher, content_id))["number"] == 3
    by_reviewer = await world.approved(title="Tài liệu khác")
    assert (await world.reviewer.act(by_reviewer, "withdraw", {"reason": "Sai"})).status_code == 200


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"organisation_code": "NONE"}, "/organisation_code", "unknown_organisation"),
    ({"organisation_code": "S2"}, "/organisation_code", "unknown_organisation"),
    ({"subject": "mathematic"}, "/subject", "unknown_subject"),
    ({"subject": "informatics"}, "/subject", "unknown_subject"),
    ({"grade": 6}, "/grade", "grade_level"),
    ({"grade": None}, "/grade", "grade_level"),
    ({"grade": 0}, "/grade", "greater_than_equal"),
    ({"level": "preschool"}, "/grade", "grade_level"),
    ({"kind": "game"}, "/kind", "enum"),
    ({"licence": "free"}, "/licence", "enum"),
    ({"language": "Vietnamese"}, "/language", "string_pattern_mismatch"),
    ({"title": "  "}, "/title", "string_too_short"),
    ({"titel": "x"}, "/titel", "extra_forbidden"),
)


async def test_bad_input_names_field_and_rule(world: World) -> None:
    for change, pointer, code in BAD:
        answer = await world.teacher.post("/workspace", content(**change))
        assert answer.status_code == 422, answer.text
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}, answer.text
    near = await world.teacher.post("/workspace", content(subject="mathematic"))
    assert "mathematics" in near.json()["errors"][0]["en"]
    made = await world.teacher.must("/workspace", content())
    path = "/workspace/" + made["content_id"]
    for change, pointer, code in (({"title": None}, "/title", "missing"), ({"grade": 7}, "/grade", "grade_level")):
        answer = await world.teacher.patch(path, change, If_Match="*")
        assert answer.status_code == 422
        assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    moved = await world.teacher.patch(path, {"level": "lower_secondary", "grade": 7}, If_Match='"1"')
    assert (moved.json()["grade"], moved.json()["version"]) == (7, 2)
    same = await world.teacher.patch(path, {"grade": 7}, If_Match='"2"')
    assert same.json()["version"] == 2


async def test_levels_without_a_programme_take_any_subject(world: World) -> None:
    made = await world.teacher.must("/workspace", content(level="preschool", grade=None, subject="music_and_movement"))
    assert (made["level"], made["grade"], made["subject"]) == ("preschool", None, "music_and_movement")


async def test_an_idempotency_key_with_another_body_is_refused(world: World) -> None:
    await world.teacher.must("/workspace", content(), Idempotency_Key="k")
    other = await world.teacher.post("/workspace", content(title="Khác"), Idempotency_Key="k")
    assert (other.status_code, other.json()["type"]) == (422, TYPE + "idempotency-mismatch")
