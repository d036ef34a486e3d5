"""`lienthong events …`: looking into the bus, applying events again, and the events that could not be applied."""

import asyncio
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.text import Text

from libs.common.events import replay as bus
from libs.common.events.envelope import Record
from libs.common.events.topics import TOPICS
from libs.common.events.transport import Selection, connect
from stack import event_view, places
from stack.cli_support import DataOption, JsonOption, console, fail, failures, say
from stack.installation import SERVICES, Installation

if TYPE_CHECKING:
    from libs.common.events.dead_letters import DeadLetter

events_app = typer.Typer(no_args_is_help=True, help="The event bus of a running platform.")
MOST = 10_000

KeyOption = Annotated[str | None, typer.Option("--key", help="Only events of this aggregate.")]
IdOption = Annotated[list[UUID] | None, typer.Option("--id", help="Only this event; may be repeated.")]
SinceOption = Annotated[datetime | None, typer.Option("--since", help="Stored at or after (ISO 8601; local time unless it names a zone).")]
UntilOption = Annotated[datetime | None, typer.Option("--until", help="Stored before.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=MOST)]
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
        if as_json:
            say(json.dumps([event_view.event(record) for record in found], ensure_ascii=False, indent=2))
        else:
            console.print(event_view.event_table(found) if found else "none")


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
            console.print(f"  {number:>8}  {name}", soft_wrap=True, markup=False)


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
            _replay_letters(_database(installation, service), replay_ids, dry_run=not apply)
            return
        found: list[DeadLetter] = []
        for name in [service] if service else SERVICES:
            found += asyncio.run(bus.list_dead_letters(_database(installation, name), consumer, limit=limit))
        if as_json:
            say(json.dumps([event_view.letter(letter) for letter in found], ensure_ascii=False, indent=2))
        else:
            console.print(*map(event_view.letter_block, found) if found else ("none",))


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


def _replay_letters(database_url: str, wanted: list[int], *, dry_run: bool) -> None:
    """Ask for letters to be applied again, and say of those that are no event that it will be in vain."""
    letters = asyncio.run(bus.list_dead_letters(database_url, limit=MOST))
    asked = asyncio.run(bus.replay_dead_letters(database_url, wanted, dry_run=dry_run))
    console.print(f"{'would be asked for' if dry_run else 'asked for'}: {', '.join(map(str, asked)) or 'none (not open)'}")
    faults = {letter.dead_letter_id: event_view.fault_of(letter.record) for letter in letters if letter.dead_letter_id in asked}
    for letter_id, fault in faults.items():
        if fault is not None:
            console.print(
                Text(f"{letter_id} is no event and will be put aside again: a replay applies the same bytes, they do not change ({fault}).")
            )


def _database(installation: Installation, service: str) -> str:
    return installation.postgres.url(service, f"{service}_app")


def _selection(key: str | None, event_ids: list[UUID] | None, since: datetime | None, until: datetime | None) -> Selection:
    return Selection(_instant(since), _instant(until), key, frozenset(event_ids) if event_ids else None)


def _instant(given: datetime | None) -> datetime | None:
    return given.astimezone() if given else None
