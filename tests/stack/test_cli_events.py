"""Whatever bytes are on the bus, the command line shows them: events that are listed, and letters that a real worker put aside."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from rich.text import Text
from typer.testing import CliRunner

from libs.common.clock import now
from libs.common.events.consumer import consumer
from libs.common.events.envelope import Attributes, Headers, Message, binary_headers
from libs.common.events.replay import list_dead_letters
from libs.common.events.runner import ConsumerRunner
from libs.common.events.topics import LEARNING_CONTENT
from libs.common.events.transport import connect
from stack import event_view, places
from stack.cli_events import events_app
from tests.common.events.support import eventually, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from libs.common.events.envelope import Received
    from libs.common.events.session import WorkerSession
    from tests.support.postgres import TestDatabase, TestPostgres

TOPIC = LEARNING_CONTENT.name
TYPE = "vn.lienthong.learning.content.drafted.v1"
DEEP = 500


@consumer(name="insight.content", topics=[LEARNING_CONTENT], tries=1)
async def refuse(_: WorkerSession, events: Sequence[Received]) -> None:
    raise ValueError(f"[/red] cannot apply [bold]{events[0].key}\x1b[2J")


def headers(**changed: bytes | None) -> Headers:
    given = dict(binary_headers(Attributes(uuid4(), TYPE, "c1", 1, now())))
    return tuple((name, value) for name, value in (given | changed).items() if value is not None)


def message(key: str, body: bytes, given: Headers | None = None) -> Message:
    return Message(TOPIC, key, headers() if given is None else given, body)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something a producer could send, how its body is shown, and what the reason says."""

    sent: Message
    form: str
    body: Any
    reason: str
    is_event: bool = False


KINDS = {
    "cut off": Broken(message("cut", b'{"cut off'), "text", '{"cut off', "UnreadableError: unexpected end of data"),
    "no UTF-8": Broken(
        message("latin", b'{"name":"\xff\xfe"}'), "base64", b'{"name":"\xff\xfe"}', "UnreadableError: str is not valid UTF-8"
    ),
    "binary": Broken(message("nul", b"\x00\x01\x1b[2J"), "base64", b"\x00\x01\x1b[2J", "UnreadableError"),
    "empty": Broken(message("empty", b""), "empty", None, "UnreadableError: Input is a zero-length"),
    "no headers": Broken(message("bare", b"{}", ()), "json", {}, "UnreadableError: missing headers: ce_specversion, ce_id"),
    "no type": Broken(message("typeless", b"{}", headers(ce_type=None)), "json", {}, "UnreadableError: missing headers: ce_type"),
    "odd type": Broken(message("odd", b"{}", headers(ce_type=b"\xff[/bold]")), "json", {}, "UnreadableError: 'utf-8' codec"),
    "no object": Broken(message("list", b"[1, 2]"), "json", [1, 2], "UnreadableError: the body is no JSON object"),
    "no number": Broken(message("nan", b'{"a": NaN}'), "text", '{"a": NaN}', "UnreadableError"),
    "surrogate": Broken(message("half", b'{"a": "\\ud800"}'), "text", '{"a": "\\ud800"}', "UnreadableError"),
    "deep": Broken(message("deep", b"[" * DEEP + b"]" * DEEP), "text", "[" * DEEP + "]" * DEEP, "UnreadableError: the body is no JSON"),
    "long text": Broken(message("long", "chữ 漢字\n".encode() * 900), "text", "chữ 漢字\n" * 900, "UnreadableError"),
    "refused": Broken(message("c1", b'{"a": 1}'), "json", {"a": 1}, "ValueError: [/red] cannot apply [bold]c1", is_event=True),
}


@dataclass(slots=True)
class Bench:
    """Stands for an installation: one service with letters, the others without, and a bus."""

    busy: TestDatabase
    idle: TestDatabase
    bus: TestDatabase
    letters: dict[str, int] = field(default_factory=dict)

    @property
    def bus_url(self) -> str:
        return self.bus.url

    @property
    def postgres(self) -> Bench:
        return self

    def url(self, service: str, user: str) -> str:
        assert user == f"{service}_app"
        return self.busy.url if service == "insight" else self.idle.url


@pytest.fixture(scope="module")
def bench(postgres: TestPostgres) -> Iterator[Bench]:
    made = Bench(postgres.database("insight", None), postgres.database("insight", None), postgres.bus())
    asyncio.run(put_aside(made))
    yield made
    for database in (made.busy, made.idle, made.bus):
        postgres.drop(database)


async def put_aside(bench: Bench) -> None:
    """Send everything that is broken, and let a worker put it aside."""
    for database in (bench.busy, bench.idle):
        await fill(database)
    transport, stop = connect(bench.bus.url), asyncio.Event()
    await transport.ensure_topics([LEARNING_CONTENT])
    await transport.send([broken.sent for broken in KINDS.values()])
    working = asyncio.create_task(ConsumerRunner(refuse, bench.busy.url, transport).run(stop))

    async def all_there() -> bool:
        bench.letters = {letter.record.key: letter.dead_letter_id for letter in await list_dead_letters(bench.busy.url)}
        return len(bench.letters) == len(KINDS)

    await eventually(all_there)
    stop.set()
    await working
    await transport.close()


@pytest.fixture
def command(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(places, "existing", lambda _: bench)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(events_app, arguments)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    return run


def shown(broken: Broken, event: dict[str, Any]) -> None:
    """Check how an event is given to a program."""
    assert (event["topic"], event["body_form"]) == (TOPIC, broken.form)
    assert (b64decode(event["body"]) if broken.form == "base64" else event["body"]) == broken.body


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_gets_every_letter_with_its_bytes(command: Any, kind: str) -> None:
    broken = KINDS[kind]
    letters = {letter["event"]["key"]: letter for letter in json.loads(command("dead-letters", "--json"))}
    assert len(letters) == len(KINDS)
    letter = letters[broken.sent.key]
    assert letter["consumer"] == refuse.name
    assert letter["reason"].startswith(broken.reason)
    shown(broken, letter["event"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_gets_every_event_with_its_bytes(command: Any, kind: str) -> None:
    broken = KINDS[kind]
    (event,) = json.loads(command("list", TOPIC, "--key", broken.sent.key, "--json"))
    shown(broken, event)


def test_people_see_every_letter_within_eighty_columns(command: Any) -> None:
    printed = command("dead-letters")
    assert max(Text(line).cell_len for line in printed.splitlines()) <= event_view.WIDTH
    assert "\x1b" not in printed
    blocks = {block[1]: " ".join(block[2:]) for text in printed.split("letter  ")[1:] if (block := text.split())}
    assert len(printed.split("letter  ")) == len(KINDS) + 1
    assert set(blocks) == {refuse.name}
    words = " ".join(printed.split())
    for broken in KINDS.values():
        assert f"body {broken.form}, {len(broken.sent.body)} bytes" in words
    assert 'text, 9 bytes: {"cut off' in words
    assert "reason ValueError: [/red] cannot apply [bold]c1\N{REPLACEMENT CHARACTER}[2J" in words
    assert "base64, 13 bytes: eyJuYW1lIjoi//4ifQ==" in words
    assert "where learning.content 0/" in words
    assert words.count("(all of it: --json)") == 2


def test_people_see_every_event_within_eighty_columns(command: Any) -> None:
    printed = command("list", TOPIC)
    assert max(map(len, printed.splitlines())) <= event_view.WIDTH
    assert {broken.sent.key for broken in KINDS.values()} <= set(printed.split())
    assert "[/bold]" in printed
    assert command("list", TOPIC, "--key", "nobody") == "none\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_replay_says_that_the_bytes_do_not_change(command: Any, bench: Bench, kind: str) -> None:
    broken, number = KINDS[kind], bench.letters[KINDS[kind].sent.key]
    printed = command("dead-letters", "--service", "insight", "--replay", str(number))
    first, *more = printed.splitlines()
    assert first == f"would be asked for: {number}"
    assert ("the same bytes, they do not change" in " ".join(" ".join(more).split())) is not broken.is_event
    assert max(map(len, printed.splitlines())) <= event_view.WIDTH


def test_a_replay_of_a_topic_counts_what_is_unreadable(command: Any) -> None:
    printed = command("replay", "insight.content", TOPIC)
    assert f"{len(KINDS)} events, 0 of them applied before: would be asked for" in printed
    assert "2  unreadable" in printed
    assert "[/bold]" in printed
