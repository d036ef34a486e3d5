"""What an import tells the bus is what single writes tell, one event for each aggregate that changed."""

import orjson

from libs.common.events import catalogue
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file, learner_code
from tests.registry.samples import enrolment, learner

OUTBOX = "SELECT type, key, sequence, body, topic, shard FROM outbox ORDER BY outbox_id"
PREFIX = "vn.lienthong.registry."


async def told(importer: Importer) -> list[str]:
    """Read the outbox empty, hold every body against its event's class, and return the types."""
    types = []
    for event_type, key, sequence, body, topic, shard in await importer.rows(OUTBOX):
        known = catalogue.find(event_type)
        assert known is not None, event_type
        event = known.model_validate_json(body)
        assert (event.key, event.sequence, event.TOPIC.name) == (key, sequence, topic)
        assert set(orjson.loads(body)) == set(known.model_fields)
        assert shard == ord(key[-1]) & 7
        types.append(event_type.removeprefix(PREFIX).removesuffix(".v1"))
    await importer.value("DELETE FROM outbox")
    return types


async def test_every_kind_tells_one_event_for_each_aggregate(importer: Importer) -> None:
    await told(importer)
    await importer.run("organisations", file("organisations", {}))
    assert await told(importer) == ["organisation.created", "organisation.state"]
    await importer.run("organisations", file("organisations", {"name": "Tên mới", "valid_from": "2019-01-01"}))
    assert await told(importer) == ["organisation.changed", "organisation.state"]
    await importer.run("classes", file("classes", {}, {"name": "5B"}))
    await importer.run("classes", file("classes", {}, {"name": "5B", "studies_informatics": "false"}))
    assert await told(importer) == ["class.opened", "class.opened", "class.changed"]
    await importer.run(
        "staff", file("staff", {"it_certificate_on": ""}, {"role": "clerk", "started_on": "2018-01-01", "it_certificate_on": ""})
    )
    await importer.run("staff", file("staff", {}))
    await importer.run(
        "staff", file("staff", {"ended_on": "2021-01-01"}, {"role": "clerk", "started_on": "2018-01-01", "ended_on": "2021-01-01"})
    )
    assert await told(importer) == ["staff.registered", "staff.certified", "staff.left"]


async def test_learners_tell_what_happened_to_them(importer: Importer) -> None:
    await told(importer)
    await importer.run("learners", file("learners", {}, {"ministry_code": learner_code(2)}, {"ministry_code": learner_code(3)}))
    assert await told(importer) == ["learner.registered"] * 3
    await importer.run(
        "learners",
        file(
            "learners",
            {"full_name": "Giàng A Dơ"},
            {"ministry_code": learner_code(2), "left_on": "2026-10-01"},
            {"ministry_code": learner_code(3), "left_on": "2026-10-01"},
            {"ministry_code": learner_code(3), "school_code": "S2", "enrolled_on": "2026-10-01"},
        ),
    )
    assert sorted(await told(importer)) == ["learner.changed", "learner.enrolled", "learner.left"]


async def test_an_imported_learner_is_told_as_a_registered_one(importer: Importer) -> None:
    await told(importer)
    await importer.run("learners", file("learners", {}))
    single = learner(enrolment=enrolment(studies_informatics=True))
    assert (await importer.world.admin.post("/learners", single)).status_code == 201
    imported, registered = (orjson.loads(row[3]) for row in await importer.rows(OUTBOX))
    for body in (imported, registered):
        assert body.pop("learner_id")
        assert body["enrolments"][0].pop("enrolment_id")
    assert imported == registered


async def test_events_feed_and_audit_agree_with_the_rows(importer: Importer) -> None:
    await told(importer)
    await importer.value("DELETE FROM change")
    run = await importer.run("learners", file("learners", *({"ministry_code": learner_code(number)} for number in range(300))))
    assert run["created"] == 300
    assert await importer.value("SELECT count(DISTINCT key) FROM outbox JOIN learner ON learner_id::text = key") == 300
    assert await importer.value("SELECT count(DISTINCT event_id) FROM outbox") == 300
    assert await importer.value("SELECT count(*) FROM change JOIN learner ON learner_id::text = key WHERE resource = 'learner'") == 300
    details = await importer.value("SELECT details::text FROM audit WHERE resource = 'import_run' AND key <> ''")
    assert orjson.loads(details) == {
        "kind": "learners",
        "file_sha256": run["file_sha256"],
        "created": 300,
        "changed": 0,
        "unchanged": 0,
    }
