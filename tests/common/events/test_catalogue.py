"""The catalogue: one class per type, and an AsyncAPI document that says what a service publishes."""

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from libs.common.events import catalogue
from libs.common.events.catalogue import Event
from libs.common.events.topics import TOPICS
from tests.common.events.support import COUNTER, Counted, CounterState


def test_a_class_is_found_by_its_type() -> None:
    assert catalogue.find(Counted.TYPE) is Counted
    assert catalogue.find("vn.lienthong.test.nothing.happened.v1") is None
    assert {Counted, CounterState} <= set(catalogue.of_service("test"))


def test_a_type_belongs_to_one_class() -> None:
    with pytest.raises(ValueError, match="is taken by"):
        type("Other", (Counted,), {"TYPE": Counted.TYPE, "__module__": __name__})


@pytest.mark.parametrize("name", ["registry.learner.left.v1", "vn.lienthong.registry.learner.left", "vn.lienthong.Registry.a.b.v1"])
def test_a_malformed_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="an event type reads"):
        type("Malformed", (Counted,), {"TYPE": name, "__module__": __name__, "__annotations__": {"TYPE": ClassVar[str]}})


def test_an_event_without_key_and_sequence_cannot_be_made() -> None:
    class Unkeyed(Event):
        TYPE: ClassVar = "vn.lienthong.test.unkeyed.happened.v1"
        TOPIC: ClassVar = COUNTER

    make: Any = Unkeyed
    with pytest.raises(TypeError, match="abstract"):
        make()


def test_unknown_fields_are_refused_and_events_do_not_change() -> None:
    make: Any = Counted
    with pytest.raises(ValidationError):
        make(counter="a", version=1, more=2)
    event = Counted(counter="a", version=1)
    with pytest.raises(ValidationError):
        event.version = 2  # type: ignore[misc]  # frozen: that is what is tested


def test_topics_have_names_of_their_own() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_asyncapi_describes_channels_messages_and_schemas() -> None:
    document = catalogue.asyncapi("test", [Counted, CounterState], "Test")
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {"test.counter", "test.counter.state"}
    kafka = document["channels"]["test.counter.state"]["bindings"]["kafka"]
    assert kafka["topicConfiguration"]["cleanup.policy"] == ["compact"]
    assert document["components"]["messages"]["Counted"]["name"] == Counted.TYPE
    assert document["components"]["messages"]["Counted"]["summary"] == "A counter went up by one."
    assert document["components"]["schemas"]["Counted"]["required"] == ["counter", "version"]
    for reference in references(document):
        assert resolves(document, reference), reference


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for item in node for found in references(item)] if isinstance(node, list) else []


def resolves(document: dict[str, Any], reference: str) -> bool:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if part not in node:
            return False
        node = node[part]
    return True
