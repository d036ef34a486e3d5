"""Uploading: who may, what is refused at once, repetition, progress and the report."""

import json
from dataclasses import replace

from services.registry.imports.settings import ImportSettings
from tests.common.imports.samples import CSV, content_digest
from tests.registry.conftest import V1, World
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file


async def test_an_upload_needs_a_caller_and_the_permission(world: World) -> None:
    content = file("learners", {})
    anonymous = Importer(world, {}, ImportSettings())
    assert (await anonymous.send("learners", content)).status_code == 401
    for grant in ("teacher@S1", "auditor@P1", "guardian@*"):
        stranger = Importer(world, world.issuer.headers(grant), ImportSettings())
        assert (await stranger.send("learners", content)).status_code == 403


async def test_importing_a_kind_needs_the_right_to_write_it(clerk: Importer) -> None:
    for kind, allowed in {"learners": 202, "classes": 202, "staff": 403, "organisations": 403}.items():
        assert (await clerk.send(kind, file(kind, {}))).status_code == allowed


async def test_progress_and_result_are_readable(importer: Importer) -> None:
    answer = await importer.send("learners", file("learners", {}, {"ministry_code": "1500000002"}))
    assert answer.status_code == 202
    received = answer.json()
    assert answer.headers["location"] == V1 + "/imports/" + received["import_id"]
    assert (received["state"], received["rows"]["total"]) == ("received", 2)
    assert await importer.work() == 1
    applied = (await importer.read(received["import_id"])).json()
    assert applied["state"] == "applied"
    assert applied["rows"] == {"total": 2, "staged": 2, "checked": 2, "applied": 2}
    assert (applied["created"], applied["changed"], applied["unchanged"], applied["errors"]) == (2, 0, 0, 0)
    listed = await importer.world.client.get(V1 + "/imports", headers=importer.headers)
    assert [run["import_id"] for run in listed.json()["items"]] == [received["import_id"]]
    assert await importer.value("SELECT count(*) FROM import_chunk") == 0


async def test_the_same_file_by_the_same_account_is_one_import(importer: Importer, clerk: Importer) -> None:
    content = file("learners", {})
    first = await importer.send("learners", content)
    again = await importer.send("learners", content)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["import_id"] == again.json()["import_id"]
    await importer.work()
    assert (await importer.send("learners", content)).json()["state"] == "applied"
    assert (await importer.send("learners", content, dry_run="true")).json()["import_id"] != first.json()["import_id"]
    assert (await clerk.send("learners", content)).json()["import_id"] != first.json()["import_id"]


async def test_a_key_binds_the_answer_to_the_file_and_not_to_its_length(importer: Importer) -> None:
    keyed = replace(importer, headers=importer.headers | {"idempotency-key": "k1"})
    content = file("learners", {})
    first, again = [await keyed.send("learners", content) for _ in range(2)]
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (202, first.json(), "true")
    other = await keyed.send("learners", content.replace("2015-03-02", "2015-03-03"))
    assert (other.status_code, other.json()["type"]) == (422, "urn:lienthong:problem:idempotency-mismatch")


async def test_a_rejected_file_may_be_sent_again(importer: Importer) -> None:
    content = file("learners", {"school_code": "S7"})
    first = await importer.run("learners", content)
    assert first["state"] == "rejected"
    await importer.world.organisation("S7", "school", "C1")
    second = await importer.run("learners", content)
    assert second["state"] == "applied"
    assert second["import_id"] != first["import_id"]


async def test_a_run_is_its_senders_own(importer: Importer, clerk: Importer) -> None:
    run = await importer.run("learners", file("learners", {"sex": "7"}))
    for rest in ("", "/errors"):
        assert (await clerk.read(run["import_id"], rest)).status_code == 404
    answer = await clerk.world.client.post(V1 + "/imports/" + run["import_id"] + "/resume", headers=clerk.headers)
    assert answer.status_code == 404
    admin = await importer.world.admin.get("/imports/" + run["import_id"])
    assert admin.status_code == 200


async def test_the_report_is_paged_and_comes_as_csv_too(importer: Importer) -> None:
    run = await importer.run("learners", file("learners", *({"ministry_code": f"bad{number}"} for number in range(5))))
    assert run["errors"] == 5
    first = (await importer.read(run["import_id"], "/errors?limit=2")).json()
    assert [(fault["row"], fault["column"], fault["code"]) for fault in first["items"]] == [
        (2, "ministry_code", "identifier_form"),
        (3, "ministry_code", "identifier_form"),
    ]
    assert "“bad0”" in first["items"][0]["message_vi"]
    second = (await importer.read(run["import_id"], "/errors?limit=2&cursor=" + first["next"])).json()
    assert [fault["row"] for fault in second["items"]] == [4, 5]
    table = await importer.read(run["import_id"], "/errors", accept=CSV)
    assert table.headers["content-type"].startswith(CSV)
    assert table.content.decode("utf-8-sig").splitlines()[0] == "row,column,code,message_vi,message_en"
    assert len(table.content.decode().splitlines()) == 6


async def test_the_report_holds_no_formula_of_the_senders(importer: Importer) -> None:
    content = file("learners", {}).replace("ethnicity", "=1+1")
    run = await importer.run("learners", content)
    table = await importer.read(run["import_id"], "/errors", accept=CSV)
    assert "\r\n1,'=1+1,unknown_column," in table.content.decode("utf-8-sig")


async def test_what_is_no_file_is_refused_at_once(importer: Importer) -> None:
    assert (await importer.send("learners", b"")).status_code == 422
    assert (await importer.send("learners", b"{}", "application/json")).status_code == 415
    assert (await importer.send("learners", b"PK\x03\x04rest", CSV)).status_code == 415
    assert (await importer.send("teachers", file("learners", {}))).status_code == 422


async def test_a_truncated_upload_is_refused(importer: Importer) -> None:
    content = file("learners", {}).encode()
    path = V1 + "/imports?kind=learners"
    headers = importer.headers | {"content-type": CSV, "content-digest": content_digest(content)}
    cut = await importer.world.client.post(path, content=content[:-20], headers=headers)
    assert cut.status_code == 400
    assert cut.json()["type"].endswith(":truncated-upload")
    announced = importer.headers | {"content-type": CSV, "content-length": str(len(content))}
    short = await importer.world.client.post(path, content=content[:-20], headers=announced)
    assert short.status_code == 400
    assert await importer.value("SELECT count(*) FROM import_run") == 0
    assert (await importer.world.client.post(path, content=content, headers=headers)).status_code == 202


async def test_a_failed_run_is_resumed_and_an_ended_one_is_not(importer: Importer) -> None:
    import_id = (await importer.send("learners", file("learners", {}))).json()["import_id"]
    resume = V1 + "/imports/" + import_id + "/resume"
    assert (await importer.world.client.post(resume, headers=importer.headers)).status_code == 202
    await importer.value("UPDATE import_run SET attempts = 99")
    await importer.work()
    assert (await importer.read(import_id)).json()["state"] == "failed"
    answer = await importer.world.client.post(resume, headers=importer.headers)
    assert json.loads(answer.content)["state"] == "received"
    await importer.work()
    assert (await importer.read(import_id)).json()["state"] == "applied"
    ended = await importer.world.client.post(resume, headers=importer.headers)
    assert ended.status_code == 409
    assert ended.json()["type"].endswith(":import-ended")
