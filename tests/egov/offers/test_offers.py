"""Offers in bulk: by natural key, all or nothing, the same again changes nothing."""

from typing import Any

from tests.egov.conftest import World


def offer(**others: Any) -> dict[str, Any]:
    return {"organisation_code": "S1", "procedure_code": "2.002854", "level": "full", "one_stop": True, "valid_from": "2026-05-10"} | others


async def test_a_bulk_load_is_repeatable(world: World) -> None:
    officer = world.caller("province_officer@P1")
    items = [offer(), offer(organisation_code="S2", level="3"), offer(organisation_code="C1", procedure_code="1.004889")]
    first = await officer.send("PUT", "/offers", {"items": items})
    assert first.status_code == 200, first.text
    assert first.json() == {"created": 3, "changed": 0, "unchanged": 0}
    again = await officer.send("PUT", "/offers", {"items": [*items[:2], items[2] | {"level": "partial", "valid_to": "2027-01-01"}]})
    assert again.json() == {"created": 0, "changed": 1, "unchanged": 2}
    events = [body for name, body in await world.published() if name == "procedure.offered.v1"]
    assert len(events) == 4
    assert (events[-1]["level"], events[-1]["valid_to"], events[-1]["version"]) == ("partial", "2027-01-01", 2)
    seen = await world.mother.get("/offers", organisation="S2")
    assert [(one["level"], one["organisation_code"]) for one in seen.json()["items"]] == [("3", "S2")]
    assert len((await world.mother.get("/offers", as_of="2027-01-01")).json()["items"]) == 2
    assert len((await officer.get("/offers/changes")).json()["items"]) == 4


async def test_csv_is_the_same(world: World) -> None:
    officer = world.caller("province_officer@P1")
    headers = officer.headers | {"content-type": "text/csv"}
    header = "organisation_code,procedure_code,level,one_stop,valid_from,valid_to\n"
    text = header + "S1,2.002854,4,true,2018-01-01,\nS2,2.002854,2,false,2018-01-01,2022-08-15\n"
    done = await world.client.post("/egov/v1/offers/import", content=text.encode(), headers=headers)
    assert done.json() == {"created": 2, "changed": 0, "unchanged": 0}, done.text
    wrong = text.replace(",4,", ",5,").replace("2018-01-01,2022", "2018-13-01,2022")
    refused = await world.client.post("/egov/v1/offers/import", content=wrong.encode(), headers=headers)
    assert {one["pointer"] for one in refused.json()["errors"]} == {"/rows/2/level", "/rows/3/valid_from"}
    for bad in (b"", b"\xff\xfe", b"organisation_code,what\nS1,x\n", b"organisation_code\nS1,surplus\n"):
        answer = await world.client.post("/egov/v1/offers/import", content=bad, headers=headers)
        assert answer.status_code == 422, (bad, answer.text)


async def test_all_or_nothing(world: World) -> None:
    officer = world.caller("commune_officer@C1")
    items = [offer(), offer(organisation_code="S2"), offer(procedure_code="9.999999"), offer(organisation_code="S9"), offer()]
    answer = await officer.send("PUT", "/offers", {"items": items})
    assert answer.status_code == 422
    assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} == {
        ("/items/1/organisation_code", "unknown_organisation"),
        ("/items/2/procedure_code", "unknown_procedure"),
        ("/items/3/organisation_code", "unknown_organisation"),
        ("/items/4", "repeated"),
    }
    assert (await officer.get("/offers")).json()["items"] == []
    overlapping = await officer.send("PUT", "/offers", {"items": [offer(), offer(valid_from="2026-06-01")]})
    assert (overlapping.status_code, overlapping.json()["type"]) == (409, "urn:lienthong:problem:offers-overlap")
    assert [one["pointer"] for one in overlapping.json()["errors"]] == ["/items/0", "/items/1"]
    backwards = await officer.send("PUT", "/offers", {"items": [offer(valid_to="2026-01-01")]})
    assert backwards.json()["errors"][0]["code"] == "order"
    assert (await world.mother.send("PUT", "/offers", {"items": [offer()]})).status_code == 403
