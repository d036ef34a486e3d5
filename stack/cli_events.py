"""`lienthong events …`: looking into the bus, applying events again, and the events that could not be applied."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich import box
from rich.table import Table

from libs.common.events import replay as bus
from libs.common.events.dead_letters import DeadLetter
from libs.common.events.envelope import Record
from libs.common.events.topics import TOPICS
from libs.common.events.transport import Selection, connect
from stack import places
from stack.cli_support import DataOption, JsonOption, console, fail, failures, say
from stack.installation import SERVICES, Installation

events_app = typer.Typer(no_args_is_help=True, help="The event bus of a running platform.")
WIDTH = 80
TYPE_PREFIX = "vn.lienthong."
WHOLE = frozenset({"position", "stored_at", "failed_at", "id"})

KeyOption = Annotated[str | None, typer.Option("--key", help="Only events of this aggregate.")]
IdOption = Annotated[list[UUID] | None, typer.Option("--id", help="Only this event; may be repeated.")]
SinceOption = Annotated[datetime | None, typer.Option("--since", help="Stored at or after (ISO 8601; local time unless it names a zone).")]
UntilOption = Annotated[datetime | None, typer.Option("--until", help="Stored before.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000)]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Do it; without, it is only counted.")]


@events_app.command("list")
def list_events(  # noqa: PLR0913 - one parameter for each option
    topic: Annotated[str, typer.Argument(help="For example registry.learner.")],
    *,
    key: KeyOption = None,
    event_id: IdOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show stored events of a topic."""
    with failures():
        if topic not in {known.name for known in TOPICS}:
            fail(f"No topic is called {topic}; known: {', '.join(known.name for known in TOPICS)}.")
        found = asyncio.run(_list(places.existing(data), topic, _selection(key, event_id, since, until), limit))
        rows = [_event(record) for record in found]
        _show(rows, ("position", "stored_at", "type", "key"), as_json=as_json)


@events_app.command("replay")
def replay(  # noqa: PLR0913 - one parameter for each option
    consumer: Annotated[str, typer.Argument(help="For example insight.learner; the part before the dot is the service.")],
    topic: Annotated[str, typer.Argument(help="For example registry.learner.")],
    *,
    key: KeyOption = None,
    event_id: IdOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    apply: ApplyOption = False,
    data: DataOption = None,
) -> None:
    """Let one consumer apply events again; a dry run unless --apply is given."""
    with failures():
        selection = _selection(key, event_id, since, until)
        outcome = asyncio.run(_replay(places.existing(data), consumer, topic, selection, dry_run=not apply))
        console.print(
            f"{outcome.events} events, {outcome.applied_before} of them applied before: {'asked for' if apply else 'would be asked for'}"
        )
        for name, number in outcome.types.most_common():
            console.print(f"  {number:>8}  {name}", soft_wrap=True)


@events_app.command("dead-letters")
def dead_letters(
    *,
    service: Annotated[str | None, typer.Option("--service", help="One service; all when left out.")] = None,
    consumer: Annotated[str | None, typer.Option("--consumer")] = None,
    replay_ids: Annotated[list[int] | None, typer.Option("--replay", help="Apply this one again; repeatable; needs --service.")] = None,
    apply: ApplyOption = False,
    limit: LimitOption = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show events that a consumer could not apply, or ask for them to be applied again."""
    with failures():
        installation = places.existing(data)
        if service is not None and service not in SERVICES:
            fail(f"No service is called {service}; known: {', '.join(SERVICES)}.")
        if replay_ids:
            if service is None:
                fail("Name the service whose dead letters are meant: --service NAME.")
            asked = asyncio.run(bus.replay_dead_letters(_database(installation, service), replay_ids, dry_run=not apply))
            console.print(f"{'asked for' if apply else 'would be asked for'}: {', '.join(map(str, asked)) or 'none (not open)'}")
            return
        rows: list[dict[str, Any]] = []
        for name in [service] if service else SERVICES:
            rows += [_letter(letter) for letter in asyncio.run(bus.list_dead_letters(_database(installation, name), consumer, limit=limit))]
        _show(rows, ("id", "consumer", "failed_at", "attempts", "reason"), as_json=as_json)


async def _list(installation: Installation, topic: str, selection: Selection, limit: int) -> list[Record]:
    transport = connect(installation.bus_url)
    try:
        return await bus.list_events(transport, topic, selection, limit)
    finally:
        await transport.close()


async def _replay(installation: Installation, consumer: str, topic: str, selection: Selection, *, dry_run: bool) -> bus.Replay:
    service = consumer.partition(".")[0]
    if service not in SERVICES:
        fail(f"The consumer's name starts with a service: {', '.join(SERVICES)}.")
    transport = connect(installation.bus_url)
    try:
        return await bus.replay(transport, _database(installation, service), consumer, topic, selection, dry_run=dry_run)
    finally:
        await transport.close()


def _database(installation: Installation, service: str) -> str:
    return installation.postgres.url(service, f"{service}_app")


def _selection(key: str | None, event_ids: list[UUID] | None, since: datetime | None, until: datetime | None) -> Selection:
    return Selection(_instant(since), _instant(until), key, frozenset(event_ids) if event_ids else None)


def _instant(given: datetime | None) -> datetime | None:
    return given.astimezone() if given else None


def _event(record: Record) -> dict[str, Any]:
    return {
        "position": f"{record.partition}/{record.position}",
        "stored_at": record.stored_at.isoformat(timespec="seconds"),
        "type": record.header("ce_type"),
        "key": record.key,
        "id": record.header("ce_id"),
        "body": json.loads(record.body) if record.body else None,
    }


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.dead_letter_id,
        "consumer": letter.consumer,
        "failed_at": letter.failed_at.isoformat(timespec="seconds"),
        "attempts": letter.attempts,
        "reason": letter.reason,
        "event": _event(letter.record),
    }


def _show(rows: list[dict[str, Any]], columns: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    names = list(columns)
    table = Table(box=box.SIMPLE_HEAD, width=WIDTH, padding=(0, 1))
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in WHOLE)
    for row in rows:
        table.add_row(*(_short(row[name]) for name in names))
    console.print(table if rows else "none")


def _short(value: Any) -> str:
    """Return a cell: what all events share at their beginning says nothing in a table."""
    return str(value).removeprefix(TYPE_PREFIX).removesuffix("+00:00")
