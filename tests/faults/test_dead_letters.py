"""Every consumer of every service puts aside what it cannot apply, with the reason, and applies it once its cause is mended.

A consumer that a service declares is covered without a word here. What is no fault leaves no letter: a school whose state is on its way is
waited for, the registry answers a transfer between unknown schools with a refusal, and an older state of an aggregate changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from libs.common.events import dead_letters, replay, runner
from libs.common.events.consumer import Consumer
from libs.common.events.dead_letters import DeadLetter
from libs.common.events.envelope import Message
from libs.common.events.runner import ConsumerRunner
from libs.common.events.transport import Transport, connect
from libs.common.organisations import PATIENT_TRIES, STATE
from libs.common.service import Service
from services.assets.main import SERVICE as ASSETS
from services.egov.main import SERVICE as EGOV
from services.identity.main import SERVICE as IDENTITY
from services.insight.main import SERVICE as INSIGHT
from services.learning.main import SERVICE as LEARNING
from services.registry.main import SERVICE as REGISTRY
from tests.common.events.support import eventually
from tests.faults.samples import HOME, event_of, message_of
from tests.support.postgres import TestDatabase, TestPostgres

pytestmark = pytest.mark.faults
SERVICES = (IDENTITY, REGISTRY, ASSETS, EGOV, LEARNING, INSIGHT)
# The cause: a worker that is ahead of its migration meets no table; mended, they are all there.
AWAY = """
DO $$ DECLARE one text; BEGIN
    CREATE SCHEMA away;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('inbox', 'outbox', 'dead_letter') LOOP
        EXECUTE format('ALTER TABLE public.%I SET SCHEMA away', one);
    END LOOP;
END $$"""
BACK = """
DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'away' LOOP
        EXECUTE format('ALTER TABLE away.%I SET SCHEMA public', one);
    END LOOP;
END $$"""
HELD = """
CREATE FUNCTION pg_temp.held() RETURNS TABLE (name text, rows text) LANGUAGE plpgsql AS $$ DECLARE one text; BEGIN
    FOR one IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('inbox', 'dead_letter', 'freshness') LOOP
        RETURN QUERY EXECUTE format('SELECT %L, jsonb_agg(to_jsonb(t) ORDER BY t::text)::text FROM public.%I t', one, one);
    END LOOP;
END $$"""
UNANSWERED = """
SELECT count(*) FROM dead_letter WHERE dead_letter_id = ANY($1) AND replay_requested_at IS NOT NULL AND replayed_at IS NULL"""
NO_ROWS = {
    "identity.logout_notices": "posts to the clients of the session; a sample has none",
    "egov.learner": "follows learners of open dossiers only; a sample has none",
}
NEED_THE_TREE = {
    "assets.learner",
    *("insight." + name for name in ("class", "learner", "staff", "asset", "offer", "document", "dossier", "content")),
}
"""Consumers that keep records of organisations which their copy of the tree must know."""
STRANGER = UUID("00000000-0000-7000-8000-000000000002")
NATIVE = """
INSERT INTO organisation_path (organisation_id, code, name, kind, path, version) VALUES ($1, 'HOME', 'Trường', 'school', $2, 0)"""
KNOWN = "SELECT EXISTS (SELECT FROM organisation_path WHERE organisation_id = $1)"
STILL_UNKNOWN = {"egov.transfer": "UnknownDossierError"}
"""Consumers whose sample has a second cause, which nobody has mended."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one consumer is sent.

    `good` meets a cause that is mended, as does `stranger`, whose school nobody knows; `older` is of a version that is no longer known,
    the parts of `incomplete` lack every field, `broken` was cut off: their bytes do not change.
    """

    consumer: Consumer
    good: Message
    stranger: Message
    older: Message
    incomplete: Message
    broken: Message

    @property
    def needs_the_tree(self) -> bool:
        """Tell whether the consumer must know the organisations that an event names."""
        return self.consumer.name in NEED_THE_TREE

    @property
    def hopeless(self) -> tuple[Message, ...]:
        """Return what no mending helps."""
        return self.older, self.incomplete, self.broken


@dataclass(frozen=True, slots=True)
class Scene:
    """One service's consumers at work on a database and a bus."""

    database: TestDatabase
    superuser: Any
    transport: Transport
    runners: dict[str, ConsumerRunner]

    async def letters(self, consumer: str) -> dict[Message, DeadLetter]:
        """Return the open letters of a consumer by the message that was sent."""
        letters = await replay.list_dead_letters(self.database.url, consumer)
        return {Message(one.record.topic, one.record.key, one.record.headers, one.record.body): one for one in letters}

    async def has_letters(self, consumer: str, *messages: Message) -> bool:
        """Tell whether all of these were put aside, byte for byte."""
        return set(messages) <= set(await self.letters(consumer))

    async def rows(self) -> dict[str, str]:
        """Return everything that the service holds."""
        return dict(await self.superuser.fetch("SELECT name, rows FROM pg_temp.held()"))

    async def ask(self, *letters: DeadLetter) -> None:
        """Ask for letters to be applied again and wait until each has been dealt with."""
        wanted = [letter.dead_letter_id for letter in letters]
        assert await replay.replay_dead_letters(self.database.url, wanted, dry_run=False) == sorted(wanted)

        async def answered() -> bool:
            return not await self.superuser.fetchval(UNANSWERED, wanted)

        await eventually(answered)


def cases_of(service: Service) -> list[Case]:
    """Return what each consumer is sent, of the first type that it reads; consumers of one type are sent the same."""
    assert all(one.types for one in service.consumers), "a consumer reads every type: name those it knows"
    kinds = {one.name: min(one.types or ()) for one in service.consumers}
    samples = {kind: samples_of(kind) for kind in kinds.values()}
    return [Case(one, *samples[kinds[one.name]]) for one in service.consumers]


def samples_of(kind: str) -> tuple[Message, ...]:
    """Return what a consumer of a type is sent, as in Case."""
    good, stranger, older, incomplete, broken = (message_of(event_of(kind)) for _ in range(5))
    body: dict[str, Any] = {name: [{}] for name, value in orjson.loads(incomplete.body).items() if isinstance(value, list)}
    outdated = kind.removesuffix("1") + "0"
    return (
        good,
        replace(stranger, body=stranger.body.replace(str(HOME).encode(), str(STRANGER).encode())),
        replace(older, headers=tuple((name, outdated.encode() if name == "ce_type" else value) for name, value in older.headers)),
        replace(incomplete, body=orjson.dumps(body)),
        replace(broken, body=b'{"cut off'),
    )


@asynccontextmanager
async def at_work(service: Service, database: TestDatabase, bus_url: str) -> AsyncIterator[Scene]:
    """Run a service's consumers as its worker does, with two tries for an event."""
    transport, stop = connect(bus_url), asyncio.Event()
    await transport.ensure_topics({topic for consumer in service.consumers for topic in consumer.topics})
    runners = {one.name: ConsumerRunner(replace(one, tries=2), database.url, transport) for one in service.consumers}
    superuser = await asyncpg.connect(database.superuser_url)
    await superuser.execute(HELD)
    tasks = [asyncio.create_task(one.run(stop)) for one in runners.values()]
    try:
        yield Scene(database, superuser, transport, runners)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await superuser.close()
        await transport.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, issuer: Any) -> None:
    """Look for work more often than a worker does; the notices' handler reads its settings from the environment."""
    monkeypatch.setattr(runner, "REPLAY_SECONDS", 0.05)
    monkeypatch.setattr(runner, "WAIT_SECONDS", 0.05)
    for name in ("DATABASE_URL", "BUS_URL"):
        monkeypatch.setenv(f"LIENTHONG_{name}", "postgresql://nowhere")
    monkeypatch.setenv("LIENTHONG_ISSUER", issuer.url)
    monkeypatch.setenv("LIENTHONG_JWKS_URL", issuer.jwks_url)


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    given: Service = request.param
    return given


@pytest.fixture
def own_database(service: Service, postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database(service.name, service.versions)
    yield made
    postgres.drop(made)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("bus_url", ["postgres"], indirect=True)
async def test_what_cannot_be_applied_waits_with_its_reason_until_its_cause_is_mended(
    service: Service, own_database: TestDatabase, bus_url: str
) -> None:
    cases = cases_of(service)
    async with at_work(service, own_database, bus_url) as scene:
        await scene.superuser.execute(NATIVE, HOME, HOME.hex)
        await scene.superuser.execute(AWAY)
        await scene.transport.send(list({case.good: None for case in cases}))
        for case in cases:
            await eventually(partial(scene.has_letters, case.consumer.name, case.good))
        await scene.superuser.execute(BACK)
        await scene.transport.send(list({message: None for case in cases for message in case.hopeless}))
        await scene.transport.send(list({case.stranger: None for case in cases if case.needs_the_tree}))
        for case in cases:
            await check_replay(scene, case, await check_letters(scene, case))
        await check_repetition(scene, cases)
        await check_strangers(scene, [case for case in cases if case.needs_the_tree])


def test_whoever_needs_the_tree_waits_for_it() -> None:
    declared = {one.name for service in SERVICES for one in service.consumers if one.tries == PATIENT_TRIES}
    assert declared == NEED_THE_TREE


async def check_letters(scene: Scene, case: Case) -> dict[Message, DeadLetter]:
    """Each letter has a reason that tells what was wrong."""
    await eventually(partial(scene.has_letters, case.consumer.name, case.good, *case.hopeless))
    letters = await scene.letters(case.consumer.name)
    assert letters[case.good].reason.startswith("UndefinedTableError: relation")
    assert letters[case.good].attempts == 2
    assert letters[case.broken].reason.startswith("UnreadableError: unexpected end of data")
    assert letters[case.older].reason == f"OutdatedVersionError: {letters[case.older].type}: version 0 is no longer known, the oldest is 1"
    assert letters[case.older].attempts == 1
    assert "UndefinedTableError" not in letters[case.incomplete].reason
    assert letters[case.incomplete].reason.strip()
    return letters


async def check_replay(scene: Scene, case: Case, letters: dict[Message, DeadLetter]) -> None:
    """The event whose cause is mended has its effect; the others come back, with one more attempt."""
    name, good = case.consumer.name, letters[case.good]
    before = await scene.rows()
    assert await replay.replay_dead_letters(scene.database.url, [good.dead_letter_id]) == [good.dead_letter_id]
    await scene.ask(*(letters[message] for message in case.hopeless))
    again = await scene.letters(name)
    for message in case.hopeless:
        assert again[message].attempts == letters[message].attempts + 1
        assert again[message].reason == letters[message].reason
    assert again[case.good].replay_requested_at is None  # the dry run asked for nothing
    assert await scene.rows() == before
    await scene.ask(good)
    left = await scene.letters(name)
    if name in STILL_UNKNOWN:
        assert left[case.good].reason.startswith(STILL_UNKNOWN[name])
        return
    assert case.good not in left
    assert (await scene.rows() != before) is (name not in NO_ROWS)


async def check_strangers(scene: Scene, cases: Sequence[Case]) -> None:
    """What names an unknown school waits, and is applied once the school's state has come."""
    for case in cases:
        await eventually(partial(scene.has_letters, case.consumer.name, case.stranger))
        letter = (await scene.letters(case.consumer.name))[case.stranger]
        assert (letter.reason, letter.attempts) == (f"UnknownOrganisationError: {STRANGER}", 2)
    if not cases:
        return
    state = message_of(event_of(STATE))
    body = state.body.replace(str(HOME).encode(), str(STRANGER).encode())
    await scene.transport.send([replace(state, key=str(STRANGER), body=body)])
    await eventually(partial(scene.superuser.fetchval, KNOWN, STRANGER))
    for case in cases:
        before = await scene.rows()
        await scene.ask((await scene.letters(case.consumer.name))[case.stranger])
        assert case.stranger not in await scene.letters(case.consumer.name)
        assert await scene.rows() != before


async def check_repetition(scene: Scene, cases: Sequence[Case]) -> None:
    """A second delivery and a second request change nothing."""
    before = await scene.rows()
    repeated = {name: one.tally.repeated for name, one in scene.runners.items()}
    await scene.transport.send(list({case.good: None for case in cases if case.consumer.name not in STILL_UNKNOWN}))

    async def seen() -> bool:
        return all(one.tally.repeated > repeated[name] for name, one in scene.runners.items() if name not in STILL_UNKNOWN)

    await eventually(seen)
    applied = await dead_letters.find_all(scene.superuser, replayed=True, limit=1000)
    done = [letter.dead_letter_id for letter in applied if letter.replayed_at is not None]
    assert await replay.replay_dead_letters(scene.database.url, done, dry_run=False) == []
    assert await scene.rows() == before
