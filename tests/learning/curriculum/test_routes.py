"""The curriculum over HTTP."""

from typing import Any

from tests.learning.conftest import World

PRINTED = [875, 875, 980, 1050, 1050, 1015, 1015, 1032, 1032]


def period(**others: Any) -> dict[str, Any]:
    made = {
        "level": "primary",
        "grade": 1,
        "subject": "mathematics",
        "subject_vi": "Toán",
        "subject_en": "Mathematics",
        "kind": "compulsory",
        "assessed_by": "marks",
        "periods_per_year": 110,
        "valid_from": "2026-09-01",
        "legal_basis": "Thông tư thử nghiệm",
    }
    return made | others


async def test_totals_are_the_printed_ones(world: World) -> None:
    answer = (await world.teacher.get("/curriculum/totals")).json()
    assert [item["total"] for item in answer["items"]] == [*PRINTED, 997, 997, 997]
    assert answer["items"][0] == {
        "level": "primary",
        "grade": 1,
        "subjects": 9,
        "compulsory": 875,
        "chosen": 0,
        "topic_clusters": 0,
        "elective": 140,
        "total": 875,
    }


async def test_the_programme_came_grade_by_grade(world: World) -> None:
    async def grades(day: str) -> list[int]:
        return [item["grade"] for item in (await world.teacher.get("/curriculum/totals", as_of=day)).json()["items"]]

    assert await grades("2020-09-04") == []
    assert await grades("2020-09-05") == [1]
    assert await grades("2021-09-05") == [1, 2, 6]
    assert await grades("2024-09-05") == list(range(1, 13))


async def test_periods_are_listed_as_of_a_day(world: World) -> None:
    answer = await world.teacher.get("/curriculum/periods", as_of="2022-01-01", grade=6, sort="periods", limit=3)
    assert [item["periods_per_year"] for item in answer.json()["items"]] == [35, 35, 35]
    following = await world.teacher.get(
        "/curriculum/periods", as_of="2022-01-01", grade=6, sort="periods", limit=500, cursor=answer.json()["next"]
    )
    assert len(following.json()["items"]) == 11
    assert (await world.teacher.get("/curriculum/periods", subject="informatics", level="lower_secondary")).json()["items"][0]["grade"] == 6
    assert (await world.teacher.get("/curriculum/periods", as_of="2019-01-01")).json()["items"] == []


async def test_a_correction_is_dated_and_leaves_the_past(world: World) -> None:
    admin = world.caller("platform_admin@*")
    made = await admin.put("/curriculum/periods", period())
    again = await admin.put("/curriculum/periods", period())
    assert (made.status_code, again.json()) == (200, made.json())
    mended = await admin.put("/curriculum/periods", period(periods_per_year=112))
    assert (mended.json()["period_id"], mended.json()["version"]) == (made.json()["period_id"], 2)

    async def total(day: str) -> int:
        return int((await world.teacher.get("/curriculum/totals", as_of=day)).json()["items"][0]["total"])

    assert (await total("2026-08-31"), await total("2026-09-01")) == (875, 875 - 105 + 112)
    early = await admin.put("/curriculum/periods", period(valid_from="2019-01-01"))
    assert early.json()["type"] == "urn:lienthong:problem:curriculum-periods-overlap"
    before = await admin.put("/curriculum/periods", period(valid_from="2019-01-01", valid_to="2020-09-05"))
    assert before.status_code == 200
    assert await world.rows("SELECT action FROM audit WHERE action = 'learning.curriculum.change'")


async def test_only_the_whole_platform_corrects(world: World) -> None:
    officer = await world.caller("province_officer@P1").put("/curriculum/periods", period())
    assert (officer.status_code, officer.json()["type"]) == (403, "urn:lienthong:problem:whole-platform-only")
    assert (await world.teacher.put("/curriculum/periods", period())).status_code == 403
    wrong = await world.caller("platform_admin@*").put("/curriculum/periods", period(grade=7))
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "grade_level")


async def test_coverage_follows_approval_and_withdrawal(world: World) -> None:
    async def covered(**query: Any) -> tuple[int, int]:
        answer = (await world.stranger.get("/curriculum/coverage", **query)).json()
        return answer["subject_grades"], answer["covered"]

    assert await covered() == (166, 0)
    await world.teacher.submitted()
    assert await covered() == (166, 0)
    first = await world.approved(grade=5)
    await world.approved(grade=5, title="Bài thứ hai")
    assert await covered() == (166, 1)
    answer = (await world.stranger.get("/curriculum/coverage", kind="compulsory")).json()
    assert [(level["level"], level["covered"]) for level in answer["levels"]] == [
        ("primary", 1),
        ("lower_secondary", 0),
        ("upper_secondary", 0),
    ]
    grade = next(item for item in answer["grades"] if item["grade"] == 5)
    assert (grade["covered"], grade["subject_grades"], grade["share"]) == (1, 10, 10.0)
    assert "mathematics" not in grade["missing"]
    await world.reviewer.act(first, "withdraw", {"reason": "Sai kiến thức"})
    assert await covered() == (166, 1)
    assert await covered(as_of="2026-01-01") == (166, 0)


async def test_coverage_of_a_past_day_counts_what_was_withdrawn_since(world: World) -> None:
    content_id = await world.approved()
    # Instants are the database's: the test turns the clock of one row back, as its owner.
    await world.rows("ALTER TABLE content_version DISABLE TRIGGER USER")
    await world.rows(
        "UPDATE content_version SET state = 'withdrawn', decided_at = '2026-03-01T10:00:00+07', ended_at = '2026-04-01T00:00:00+07' "
        "WHERE content_id = $1",
        content_id,
    )

    async def covered(day: str) -> int:
        return int((await world.stranger.get("/curriculum/coverage", as_of=day)).json()["covered"])

    assert [await covered(day) for day in ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")] == [0, 1, 1, 0]
