"""Counts of documents: upserted by organisation and period, seen under the organisation."""

import asyncio
from typing import Any

from tests.egov.conftest import World


def count(**others: Any) -> dict[str, Any]:
    made = {"organisation_code": "S1", "period_start": "2017-01-01", "period_end": "2017-12-31", "incoming": 5985, "outgoing": 5560}
    return made | {"incoming_scanned": 100, "outgoing_scanned": 5560} | others


async def test_counts_are_upserted_by_key(world: World) -> None:
    clerk = world.caller("clerk@S1")
    assert (await clerk.send("PUT", "/document-counts", {"items": [count()]})).json() == {"created": 1, "changed": 0, "unchanged": 0}
    assert (await clerk.send("PUT", "/document-counts", {"items": [count()]})).json() == {"created": 0, "changed": 0, "unchanged": 1}
    assert (await clerk.send("PUT", "/document-counts", {"items": [count(incoming=6000)]})).json()["changed"] == 1
    events = [body for name, body in await world.published() if name == "document.counted.v1"]
    assert [(event["incoming"], event["version"]) for event in events] == [(5985, 1), (6000, 2)]
    seen = (await clerk.get("/document-counts", **{"organisation": "S1", "from": "2017-01-01", "to": "2017-12-31"})).json()["items"]
    assert [(one["incoming"], one["outgoing_scanned"]) for one in seen] == [(6000, 5560)]
    assert (await world.caller("clerk@S2").get("/document-counts")).json()["items"] == []
    assert len((await world.caller("auditor@P1").get("/document-counts")).json()["items"]) == 1


async def test_wrong_counts_are_refused(world: World) -> None:
    clerk = world.caller("clerk@S1")
    for wrong, code in (
        (count(incoming=-1), "greater_than_equal"),
        (count(incoming=99), "more_scanned"),
        (count(period_end="2016-12-31"), "order"),
        (count(organisation_code="S2"), "unknown_organisation"),
    ):
        answer = await clerk.send("PUT", "/document-counts", {"items": [wrong]})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert (await clerk.send("PUT", "/document-counts", {"items": []})).status_code == 422
    assert (await world.mother.get("/document-counts")).status_code == 403


async def test_csv(world: World) -> None:
    clerk = world.caller("clerk@S1")
    text = "organisation_code,period_start,period_end,incoming,outgoing\nS1,2017-01-01,2017-12-31,5,6\n"
    done = await world.client.post(
        "/egov/v1/document-counts/import", content=text.encode(), headers=clerk.headers | {"content-type": "text/csv"}
    )
    assert done.json()["created"] == 1, done.text


async def test_periods_of_one_organisation_do_not_meet(world: World) -> None:
    officer = world.caller("province_officer@P1")
    january = count(period_start="2026-01-01", period_end="2026-01-31")
    assert (await officer.send("PUT", "/document-counts", {"items": [january]})).status_code == 200
    apart = [count(period_start="2026-02-01", period_end="2026-02-28"), count(organisation_code="S2", period_start="2026-01-15")]
    apart[1]["period_end"] = "2026-02-15"
    assert (await officer.send("PUT", "/document-counts", {"items": [january | {"incoming": 6000}, *apart]})).json() == {
        "created": 2,
        "changed": 1,
        "unchanged": 0,
    }
    for first, last in (
        ("2026-01-15", "2026-02-15"),
        ("2026-01-31", "2026-01-31"),
        ("2025-12-01", "2026-01-01"),
        ("2025-01-01", "2027-01-01"),
    ):
        wrong = count(period_start=first, period_end=last)
        answer = await officer.send("PUT", "/document-counts", {"items": [count(organisation_code="S3"), wrong]})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:counts-overlap"), (first, last)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/items/1", "overlap")]
    assert (await world.rows("SELECT count(*) FROM document_count"))[0][0] == 3


async def test_of_two_that_meet_at_the_same_time_one_wins(world: World) -> None:
    clerk = world.caller("clerk@S1")
    bodies = [{"items": [count(period_start=f"2026-03-{day:02d}", period_end="2026-04-30")]} for day in range(1, 5)]
    answers = await asyncio.gather(*(clerk.send("PUT", "/document-counts", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
