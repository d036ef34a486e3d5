"""CloudEvents 1.0: an event as headers and body on the bus (binary mode), and as one JSON document over HTTP (structured)."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
STRUCTURED_CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "vn.lienthong."
SEQUENCE_DIGITS = 12  # the sequence extension asks for strings that sort like the numbers they stand for
_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence")

Headers = tuple[tuple[str, bytes], ...]
Model = TypeVar("Model", bound=BaseModel)
ModelClass = type[Model]  # named here: inside a class with a field `type` the builtin cannot be spelt


class UnreadableError(ValueError):
    """A record is no CloudEvent of ours: a header is missing or wrong, or the body is no JSON object."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a transport is given: the wire form of one event."""

    topic: str
    key: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What a transport gives back: a stored message and its place; `position` grows inside one partition."""

    topic: str
    partition: int
    position: int
    key: str
    headers: Headers
    body: bytes
    stored_at: datetime

    def header(self, name: str) -> str | None:
        """Return a header's text, or None."""
        return next((readable(value) for header, value in self.headers if header == name), None)


@dataclass(frozen=True, slots=True)
class Attributes:
    """The CloudEvents attributes that every event of the platform carries."""

    id: UUID
    type: str
    subject: str
    sequence: int
    time: datetime
    traceparent: str | None = None

    @property
    def source(self) -> str:
        """The service that says so, taken from the type: `vn.lienthong.registry.…` comes from `/registry`."""
        return "/" + self.type.removeprefix(TYPE_PREFIX).partition(".")[0]


@dataclass(frozen=True, slots=True)
class Received:
    """One event as a consumer sees it: the attributes, the body as read, and the record it came from."""

    id: UUID
    type: str
    key: str
    sequence: int
    time: datetime
    traceparent: str | None
    body: dict[str, Any]
    record: Record

    def parse(self, model: ModelClass[Model]) -> Model:
        """Read the body with the consumer's own model; raises pydantic.ValidationError, which sends the event to the dead letters."""
        return model.model_validate_json(self.record.body)


def binary_headers(attributes: Attributes) -> Headers:
    """Return the headers of binary mode (Kafka protocol binding 1.0.2, prefix `ce_`)."""
    fixed = (
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_id", str(attributes.id).encode()),
        ("ce_source", attributes.source.encode()),
        ("ce_type", attributes.type.encode()),
        ("ce_time", attributes.time.isoformat().encode()),
        ("ce_subject", attributes.subject.encode()),
        ("ce_sequence", sequence_text(attributes.sequence).encode()),
        ("content-type", CONTENT_TYPE.encode()),
    )
    return fixed if attributes.traceparent is None else (*fixed, ("ce_traceparent", attributes.traceparent.encode()))


def readable(value: bytes) -> str:
    """Return any bytes as text that PostgreSQL can store, with a mark for what is no text."""
    return value.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def sequence_text(sequence: int) -> str:
    """Return a sequence as text that sorts like the number (CloudEvents sequence extension)."""
    return str(sequence).zfill(SEQUENCE_DIGITS)


def receive(record: Record) -> Received:
    """Read a record as an event of the platform; raises UnreadableError and says why."""
    headers = dict(record.headers)
    missing = [name for name in _REQUIRED if name not in headers]
    if missing:
        raise UnreadableError(f"missing headers: {', '.join(missing)}")
    if headers["ce_specversion"] != SPEC_VERSION.encode():
        raise UnreadableError("not CloudEvents 1.0")
    try:
        body = orjson.loads(record.body)
        trace = headers.get("ce_traceparent")
        event = Received(
            id=UUID(headers["ce_id"].decode()),
            type=headers["ce_type"].decode(),
            key=headers["ce_subject"].decode(),
            sequence=int(headers["ce_sequence"]),
            time=datetime.fromisoformat(headers["ce_time"].decode()),
            traceparent=trace.decode() if trace else None,
            body=body,
            record=record,
        )
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    if event.time.tzinfo is None:
        raise UnreadableError("ce_time has no time zone")
    if not isinstance(body, dict):
        raise UnreadableError("the body is no JSON object")
    return event


def structured(event: Received) -> dict[str, Any]:
    """Return an event as the one JSON document of structured mode (CloudEvents JSON format 1.0)."""
    document: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": str(event.id),
        "source": Attributes(event.id, event.type, event.key, event.sequence, event.time).source,
        "type": event.type,
        "subject": event.key,
        "time": event.time.isoformat(),
        "datacontenttype": CONTENT_TYPE,
        "sequence": sequence_text(event.sequence),
        "data": event.body,
    }
    return document if event.traceparent is None else document | {"traceparent": event.traceparent}


def headers_to_json(headers: Headers) -> str:
    """Return headers as JSON text, lossless: a value that is no UTF-8 becomes `{"base64": …}`."""
    return orjson.dumps([(name, _value_to_json(value)) for name, value in headers]).decode()


def headers_from_json(text: str) -> Headers:
    """Return the headers that headers_to_json wrote."""
    return tuple((name, value.encode() if isinstance(value, str) else b64decode(value["base64"])) for name, value in orjson.loads(text))


def _value_to_json(value: bytes) -> str | dict[str, str]:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}
    return {"base64": b64encode(value).decode()} if "\0" in text else text  # PostgreSQL's jsonb has no NUL
