"""The story of a transfer through all services: it ends in time; whoever is killed meanwhile, nothing is lost and nothing done twice.

By default four rounds. The full count on both profiles, with a line for each round:
`LIENTHONG_STORY_ROUNDS=50 pytest -o log_cli=true --log-cli-level=INFO tests/e2e/test_story.py`; `LIENTHONG_FAULT_SEED` deals other deaths.
"""

import asyncio
import json
import logging
import os
import random
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from stack.story.cast import cast_of
from stack.story.record import Step, Told
from stack.story.tell import SCENES, tell
from tests.e2e.conftest import SANDBOX
from tests.e2e.ledger import Ledger
from tests.e2e.platform import Platform, eventually

ROUNDS = int(os.environ.get("LIENTHONG_STORY_ROUNDS", "4"))
SEED = os.environ.get("LIENTHONG_FAULT_SEED", "20250701")
READY_SECONDS = 150
WORLD = "phong-dong"
HARM = {
    "shift": "UPDATE learner_spell SET level = 'x' || level WHERE ctid IN (SELECT ctid FROM learner_spell LIMIT 1)",
    "back": "UPDATE learner_spell SET level = substr(level, 2) WHERE level LIKE 'x%'",
    "add": """INSERT INTO learner_spell (enrolment_id, school_id, level, valid_from, valid_to, version)
        SELECT '00000000-0000-7000-8000-000000000000', school_id, level, valid_from, valid_to, version FROM learner_spell LIMIT 1""",
    "remove": "DELETE FROM learner_spell WHERE enrolment_id = '00000000-0000-7000-8000-000000000000'",
}
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """One story in which a process dies: `step` is the last one that ended before, `tellings` what was told of it."""

    victim: str
    step: int
    delay: float
    tellings: list[Told] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def dossiers(self) -> set[str]:
        """Return the dossiers that were told of."""
        return {step.facts["dossier"] for told in self.tellings for step in told.steps if "dossier" in step.facts}

    def __str__(self) -> str:
        ends = " → ".join(told.missing or "complete" for told in self.tellings)
        return f"{self.victim} after step {self.step} + {self.delay:.2f} s: {ends}, {self.seconds:.1f} s"


def test_the_story_ends_well_and_can_be_told_again(platform: Platform) -> None:
    """In the world lao-cai, which takes minutes to load, tests/stack/story/test_effects.py tells the steps whose figures stand still."""
    cast = cast_of(WORLD)
    for _ in range(2):
        done = platform.command("story", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads(done.stdout)
        assert told["complete"] is True
        assert len(told["steps"]) == 12
        assert all(step["people"] for step in told["steps"])
        facts = {step["name"]: step["facts"] for step in told["steps"]}
        assert facts["need"].keys() == {cast.sending, cast.receiving}
        assert {school.partition(" ")[0] for school in facts["scorecard"]} == {cast.sending, cast.receiving}
        for changed in (*facts["need"].values(), *facts["scorecard"].values()):
            before, after = re.split(" → |, |; ", changed)[:2]
            assert before.removeprefix("learners ") != after


@pytest.mark.parametrize("platform", [SANDBOX], indirect=True)
@pytest.mark.parametrize(("harm", "mend", "told"), [("shift", "back", "lacks"), ("add", "remove", "lacks []")])
def test_the_ledger_notices_a_copy_that_differs(platform: Platform, harm: str, mend: str, told: str) -> None:
    ledger = Ledger(platform.installation, datetime.now(UTC))
    assert not settled(ledger, set())
    asyncio.run(ledger.rows("assets", HARM[harm]))
    try:
        (wrong,) = asyncio.run(ledger.faults(set()))
    finally:
        asyncio.run(ledger.rows("assets", HARM[mend]))
    assert wrong.startswith(f"assets differs from registry: {told}")
    assert not asyncio.run(ledger.faults(set()))


@pytest.mark.parametrize("platform", [SANDBOX], indirect=True)
def test_the_ledger_notices_a_dossier_that_nobody_told_of(platform: Platform) -> None:
    ledger = Ledger(platform.installation, datetime.now(UTC))
    story = asyncio.run(tell(platform.installation, WORLD, lambda _, __: None))
    dossier = next(step.facts["dossier"] for step in story.steps if "dossier" in step.facts)
    assert not settled(ledger, {dossier})
    assert asyncio.run(ledger.faults(set())) == [f"dossiers ['{dossier}'] are held or told of, not both"]


@pytest.mark.faults
def test_a_story_survives_the_death_of_any_process(platform: Platform) -> None:
    dice = random.Random(f"{SEED} {platform.installation.profile.value}")
    ledger = Ledger(platform.installation, datetime.now(UTC))
    enrolled = asyncio.run(ledger.open_spells())
    rounds: list[Round] = []
    deck: list[str] = []
    for _ in range(ROUNDS):
        if not deck:  # every process has its turn before one comes again
            deck = dice.sample(names := sorted(platform.processes), len(names))
        rounds.append(Round(deck.pop(), dice.randrange(len(SCENES)), dice.uniform(0, 0.4)))
        play(platform, rounds[-1])
        told = set[str]().union(*(one.dossiers for one in rounds))
        wrong = settled(ledger, told)
        log.info("round %d: %s", len(rounds), rounds[-1])
        assert not wrong, f"{rounds[-1]}: {wrong}"
    assert asyncio.run(ledger.open_spells()) == enrolled
    assert platform.command("world", "verify", "--json").returncode == 0
    report(rounds)


def play(platform: Platform, one: Round) -> None:
    """Tell a story while a process dies; where it is cut off, the next telling must go on from the open dossier to the end."""
    began = time.monotonic()
    before = platform.processes[one.victim]
    one.tellings.append(asyncio.run(cut(platform, one)))
    eventually(lambda: platform.has_restarted(one.victim, before), READY_SECONDS)
    if one.tellings[0].missing is not None:
        one.tellings.append(asyncio.run(tell(platform.installation, WORLD, lambda _, __: None)))
        assert one.tellings[1].missing is None, f"{one}: {[told.steps[-1] for told in one.tellings]}"
    one.seconds = time.monotonic() - began


async def cut(platform: Platform, one: Round) -> Told:
    """Tell a story and kill the victim a moment after the step; a story that ends before the moment has its victim killed afterwards."""
    pid = platform.processes[one.victim]
    dead = False

    def kill() -> None:
        nonlocal dead
        if not dead:
            os.kill(pid, signal.SIGKILL)
            dead = True

    def show(number: int, _: Step) -> None:
        if number == one.step:
            asyncio.get_running_loop().call_later(one.delay, kill)

    if one.step == 0:
        asyncio.get_running_loop().call_later(one.delay, kill)
    told = await tell(platform.installation, WORLD, show)
    kill()
    return told


def settled(ledger: Ledger, told: set[str]) -> list[str]:
    """Wait until everything under way has arrived, and return what is still wrong then."""
    end = time.monotonic() + 60
    while (wrong := asyncio.run(ledger.faults(told))) and time.monotonic() < end:
        time.sleep(0.1)
    return wrong


def report(rounds: list[Round]) -> None:
    """Say how the rounds went."""
    ends = Counter("finished at once" if len(one.tellings) == 1 else "resumed" for one in rounds)
    log.info("%d rounds: %s; slowest: %s", len(rounds), dict(ends), max(rounds, key=lambda one: one.seconds))
