"""Well-formed events of any class, made from the class itself: a new event needs no sample of its own."""

from __future__ import annotations

import itertools
import types
import typing
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from pydantic import BaseModel, TypeAdapter

from libs.common.events import catalogue
from libs.common.events.envelope import Attributes, Message, binary_headers

if typing.TYPE_CHECKING:
    from collections.abc import Callable

    from libs.common.events.catalogue import Event

HOME = UUID("00000000-0000-7000-8000-000000000001")
"""The organisation that every sample names."""
_days = (date(2020, 1, 1) + timedelta(days=number) for number in itertools.count())
NAMED: dict[str, Callable[[], object]] = {
    "code": lambda: f"C-{uuid4()}",
    "dossier_id": lambda: str(uuid4()),
    "kind": lambda: "school",
    "level": lambda: "primary",
    "organisation_id": lambda: str(HOME),
    "path": lambda: uuid4().hex,
    "school_id": lambda: str(HOME),
    "session_id": lambda: str(uuid4()),
    "ProcedureOffered.level": lambda: "full",
}
"""Fields whose text has a form that their type does not tell, of every event or of one."""
PLAIN: dict[object, Callable[[], object]] = {
    UUID: uuid4,
    date: lambda: next(_days),
    datetime: lambda: datetime.now(UTC),
    str: lambda: "mẫu",
    int: lambda: 1,
    float: lambda: 1.0,
    bool: lambda: True,
}


def event_of(kind: str) -> Event:
    """Return an event of a type; raises LookupError when no service of this process publishes it."""
    found = catalogue.find(kind)
    if found is None:
        raise LookupError(kind)
    return TypeAdapter(found).validate_python(_fields(found))


def message_of(event: Event) -> Message:
    """Return the wire form of an event, as the relay sends it."""
    attributes = Attributes(uuid4(), event.TYPE, event.key, event.sequence, datetime.now(UTC))
    return Message(event.TOPIC.name, event.key, binary_headers(attributes), event.model_dump_json().encode())


def _fields(model: type[BaseModel]) -> dict[str, object]:
    made = {name: NAMED.get(f"{model.__name__}.{name}", NAMED.get(name)) for name in model.model_fields}
    return {name: make() if (make := made[name]) else _value(field.annotation) for name, field in model.model_fields.items()}


def _value(kind: object) -> object:
    if kind in PLAIN:
        return PLAIN[kind]()
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        return None if type(None) in parts else _value(parts[0])
    if origin is typing.Literal:
        return parts[0]
    if origin in {list, tuple}:
        return [_value(parts[0])]
    return _fields(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
