"""The events of the platform: each class registers itself under its type, and AsyncAPI documents are generated from them."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from libs.common.events.envelope import CONTENT_TYPE, TYPE_PREFIX
from libs.common.events.topics import HISTORY_RETENTION, Topic

TYPE_PATTERN = re.compile(r"vn\.lienthong\.[a-z_]+\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")
ASYNCAPI_VERSION = "3.0.0"
_REF = "#/components/schemas/{model}"


class Event(BaseModel):
    """A fact about one aggregate, told in the past tense.

    A subclass names TYPE and TOPIC and gives `key` (the aggregate's id) and `sequence` (the aggregate's version after the fact). Published
    types never change their meaning: a breaking change is a new type with the next version number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    TYPE: ClassVar[str]
    TOPIC: ClassVar[Topic]

    @property
    @abstractmethod
    def key(self) -> str:
        """The aggregate's id: events of one key keep their order."""

    @property
    @abstractmethod
    def sequence(self) -> int:
        """The aggregate's version: later facts of one key have greater numbers."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register the class; raises ValueError on a malformed or taken type."""
        if "TYPE" in cls.__dict__:
            _register(cls)


_events: dict[str, type[Event]] = {}


def _register(event: type[Event]) -> None:
    if TYPE_PATTERN.fullmatch(event.TYPE) is None:
        raise ValueError(f"{event.__name__}: an event type reads vn.lienthong.<service>.<thing>.<past tense>.v<n>, not {event.TYPE!r}")
    taken = _events.get(event.TYPE)
    if taken is not None and (taken.__module__, taken.__qualname__) != (event.__module__, event.__qualname__):
        raise ValueError(f"{event.TYPE} is taken by {taken.__module__}.{taken.__qualname__}")
    _events[event.TYPE] = event


def find(event_type: str) -> type[Event] | None:
    """Return the class registered under a type, or None when this process does not know it."""
    return _events.get(event_type)


def of_service(service: str) -> list[type[Event]]:
    """Return the registered events of one service, by type."""
    return [_events[name] for name in sorted(_events) if name.startswith(f"{TYPE_PREFIX}{service}.")]


def asyncapi(service: str, events: Sequence[type[Event]], title: str, version: str = "1.0.0") -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of what a service publishes."""
    ordered = sorted(events, key=lambda event: event.TYPE)
    _, schemas = models_json_schema([(event, "serialization") for event in ordered], ref_template=_REF)
    topics = sorted({event.TOPIC for event in ordered}, key=lambda topic: topic.name)
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "id": f"urn:lienthong:{service}",
        "info": {"title": title, "version": version},
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic, ordered) for topic in topics},
        "operations": {f"publish.{topic.name}": _operation(topic) for topic in topics},
        "components": {
            "messages": {event.__name__: _message(event) for event in ordered},
            "schemas": schemas.get("$defs", {}) | {"CloudEventHeaders": _HEADERS},
        },
    }


def _channel(topic: Topic, events: Sequence[type[Event]]) -> dict[str, Any]:
    names = [event.__name__ for event in events if topic == event.TOPIC]
    retention = {} if topic.state else {"retention.ms": int(HISTORY_RETENTION.total_seconds() * 1000)}
    return {
        "address": topic.name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "x-restricted": topic.restricted,
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["compact" if topic.state else "delete"], **retention},
            }
        },
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(event: type[Event]) -> dict[str, Any]:
    summary = (event.__doc__ or "").strip().partition("\n")[0]
    return {
        "name": event.TYPE,
        "title": event.__name__,
        **({"summary": summary} if summary else {}),
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}, {"properties": {"ce_type": {"const": event.TYPE}}}],
        },
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": "the aggregate's id, equal to ce_subject"}}},
    }


_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_source": {"type": "string", "format": "uri-reference"},
        "ce_type": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "the aggregate's id"},
        "ce_sequence": {"type": "string", "pattern": "^[0-9]+$", "description": "the aggregate's version"},
        "ce_traceparent": {"type": "string", "description": "W3C trace context"},
        "content-type": {"const": CONTENT_TYPE},
    },
}
