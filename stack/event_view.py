"""Stored events and dead letters as a program and a terminal see them, whatever their bytes are."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import orjson
from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from libs.common.events.envelope import UnreadableError, receive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libs.common.events.dead_letters import DeadLetter
    from libs.common.events.envelope import Record

WIDTH = 80
BODY_LENGTH = 400
"""How much of a body a terminal shows; programs get all of it."""
TYPE_PREFIX = "vn.lienthong."
COLUMNS = ("position", "stored_at", "type", "key")
WHOLE = frozenset({"position", "stored_at"})


def event(record: Record) -> dict[str, Any]:
    """Return an event; `body_form` says how its body is given: `json`, `text` when it is none, `base64` when it is no text, or `empty`."""
    form, body = body_of(record.body)
    return {
        "topic": record.topic,
        "position": f"{record.partition}/{record.position}",
        "stored_at": record.stored_at.isoformat(timespec="seconds"),
        "type": record.header("ce_type"),
        "key": record.key,
        "id": record.header("ce_id"),
        "body_form": form,
        "body": body,
    }


def letter(found: DeadLetter) -> dict[str, Any]:
    """Return a dead letter with its event."""
    return {
        "id": found.dead_letter_id,
        "consumer": found.consumer,
        "failed_at": found.failed_at.isoformat(timespec="seconds"),
        "attempts": found.attempts,
        "reason": found.reason,
        "event": event(found.record),
    }


def body_of(body: bytes) -> tuple[str, Any]:
    """Return the form and the content of a body."""
    if not body:
        return "empty", None
    try:
        parsed = orjson.loads(body)
        orjson.dumps(parsed)  # what is nested too deep to be written again is shown as the text it is
    except (ValueError, TypeError):
        text = _text(body)
        return ("base64", b64encode(body).decode()) if text is None else ("text", text)
    return "json", parsed


def fault_of(record: Record) -> str | None:
    """Return why a record is no event of ours, or None when it is one."""
    try:
        receive(record)
    except UnreadableError as error:
        return str(error)
    return None


def event_table(records: Sequence[Record]) -> Table:
    """Return events for a terminal, one in a row."""
    table = Table(box=box.SIMPLE_HEAD, width=WIDTH, padding=(0, 1))
    for name in COLUMNS:
        table.add_column(name, overflow="fold", no_wrap=name in WHOLE)
    for row in map(event, records):
        table.add_row(*(_cell(row[name]) for name in COLUMNS))
    return table


def letter_block(found: DeadLetter) -> Padding:
    """Return a dead letter for a terminal: where it is, why it could not be applied, and what it holds."""
    told = letter(found)
    about = told["event"]
    shown = {
        "letter": f"{told['id']}  {told['consumer']}",
        "failed": f"{told['failed_at'].removesuffix('+00:00')}, {told['attempts']} attempts",
        "where": f"{about['topic']} {about['position']}, stored {about['stored_at'].removesuffix('+00:00')}",
        "type": about["type"],
        "key": about["key"],
        "reason": told["reason"],
        "body": _body_cell(about["body_form"], found.record.body, about["body"]),
    }
    grid = Table.grid(padding=(0, 2))
    grid.width = WIDTH
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for name, value in shown.items():
        grid.add_row(name, _cell(value))
    return Padding(grid, (0, 0, 1, 0))


def _body_cell(form: str, body: bytes, content: Any) -> str:
    whole = body.decode() if form == "json" else content or ""
    cut = f"{whole[:BODY_LENGTH]} … (all of it: --json)" if len(whole) > BODY_LENGTH else whole
    return f"{form}, {len(body)} bytes" + (f": {cut}" if cut else "")


def _cell(value: Any) -> Text:
    """Return a cell: what all events share at their beginning says nothing in a table, and nothing in it moves the cursor."""
    text = "–" if value in {None, ""} else str(value).removeprefix(TYPE_PREFIX).removesuffix("+00:00")
    return Text("".join(sign if sign.isprintable() else " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}" for sign in text))


def _text(body: bytes) -> str | None:
    """Return bytes as text, or None when they are none that could be read."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign.isspace() for sign in text) else None
