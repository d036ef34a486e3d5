"""docs/events.md: the example event is one that the code would make, and every consumer is named."""

import importlib
import json
from datetime import datetime
from uuid import UUID

from libs.common.events import catalogue
from libs.common.events.envelope import Attributes, Record, binary_headers, receive, structured
from stack.installation import SERVICES
from tests.docs.generated import load_services
from tests.docs.markdown import DOCS, blocks

TEXT = (DOCS / "events.md").read_text(encoding="utf-8")


def test_the_two_forms_of_the_example_are_the_same_event() -> None:
    load_services()
    binary, whole = (json.loads(block) for block in blocks(TEXT, "json")[:2])
    headers = binary["headers"]
    event = catalogue.find(headers["ce_type"])
    assert event is not None
    made = event.model_validate(binary["value"])
    assert json.loads(made.model_dump_json()) == binary["value"]
    attributes = Attributes(
        id=UUID(headers["ce_id"]),
        type=made.TYPE,
        subject=made.key,
        sequence=made.sequence,
        time=datetime.fromisoformat(headers["ce_time"]),
        traceparent=headers["ce_traceparent"],
    )
    wire = binary_headers(attributes)
    assert {name: value.decode() for name, value in wire} == headers
    assert (binary["topic"], binary["key"]) == (made.TOPIC.name, made.key)
    record = Record(made.TOPIC.name, 0, 0, made.key, wire, made.model_dump_json().encode(), attributes.time)
    assert structured(receive(record)) == whole


def test_every_consumer_is_named() -> None:
    for name in SERVICES:
        for consumer in importlib.import_module(f"services.{name}.main").SERVICE.consumers:
            assert f"`{consumer.name}`" in TEXT, consumer.name
