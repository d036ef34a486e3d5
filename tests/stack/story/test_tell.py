"""The story stops at the first step that misses something, and says which one and what."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from libs.common.settings import Profile
from stack import credentials
from stack.installation import Installation
from stack.story import cast, scenes, tell
from stack.story.record import Caused, Step, lines
from stack.world import accounts
from stack.world.client import GatewayError

if TYPE_CHECKING:
    from pathlib import Path

    from stack.story.scenes import Play
    from stack.story.watch import Expected


@dataclass(slots=True)
class Bus:
    """A bus that holds what it was given."""

    held: set[str] = field(default_factory=set)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Seen:
    """Stands for the watch: what is held comes at once, everything else never."""

    transport: Bus
    trouble: str | None = None

    async def caused(self, expected: tuple[Expected, ...]) -> list[Caused]:
        if any(one.type not in self.transport.held for one in expected):
            await asyncio.Event().wait()
        return [Caused(one.topic, one.type, one.key, "1") for one in expected]


async def quiet(play: Play) -> dict[str, Any]:
    return {"school": play.cast.sending}


async def acting(play: Play) -> dict[str, Any]:
    for name in (play.cast.parent, play.cast.sending_principal, play.cast.parent):
        assert play.people[name].target.gateway_url
    return {"need": "684 learners, 47 computers needed, 18 missing → 683 learners, 46 computers needed, 17 missing"}


async def unreachable(_: Play) -> dict[str, Any]:
    raise httpx.ConnectError("")


async def loud(play: Play) -> dict[str, Any]:
    play.expect(("egov.dossier", "d1", "egov.dossier.submitted"))
    return {}


async def refused(play: Play) -> dict[str, Any]:
    raise GatewayError(f"POST /egov/v1/dossiers: 403 {play.cast.parent}", 403)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    ports = {"gateway": 1, "postgres": 1, "identity": 1}
    return Installation(tmp_path, Profile.SANDBOX, ports, credentials.load(tmp_path))


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made = Bus()
    monkeypatch.setattr(tell, "connect", lambda _: made)
    monkeypatch.setattr(tell, "Watch", Seen)
    return made


def scene(play: scenes.Scenery, seconds: float = 1.0) -> tell.Scene:
    return tell.Scene(play, "Phụ huynh làm gì đó", "The parent does something", seconds)


async def test_every_step_is_shown_with_the_events_it_caused(installation: Installation, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    bus.held.add("egov.dossier.submitted")
    monkeypatch.setattr(tell, "SCENES", (scene(quiet), scene(loud), scene(quiet)))
    shown: list[tuple[int, Step]] = []
    told = await tell.tell(installation, "phong-dong", lambda number, step: shown.append((number, step)))
    assert told.missing is None
    assert [number for number, _ in shown] == [1, 2, 3]
    assert [len(step.events) for step in told.steps] == [0, 1, 0]
    document = json.loads(json.dumps(told.as_json()))
    assert document["complete"] is True
    assert document["steps"][1]["events"][0]["type"] == "egov.dossier.submitted"
    assert "→ egov.dossier.submitted  d1" in "\n".join(lines(2, told.steps[1]))


async def test_an_event_that_does_not_come_in_time_is_named(installation: Installation, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not bus.held
    monkeypatch.setattr(tell, "SCENES", (scene(quiet), scene(loud, 0.05), scene(quiet)))
    told = await tell.tell(installation, "phong-dong", lambda _, __: None)
    assert told.missing == "loud"
    assert len(told.steps) == 2
    assert told.steps[-1].error == "not within 0 s: egov.dossier.submitted"


@pytest.mark.usefixtures("bus")
async def test_an_issuer_that_is_away_ends_the_story_in_one_sentence(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: Play) -> dict[str, Any]:
        httpx.Response(504, request=httpx.Request("GET", "http://gateway/oidc")).raise_for_status()
        return {}

    monkeypatch.setattr(tell, "SCENES", (scene(away), scene(unreachable)))
    told = await tell.tell(installation, "phong-dong", lambda _, __: None)
    assert told.steps[0].error == "GET http://gateway/oidc: 504"
    monkeypatch.setattr(tell, "SCENES", (scene(unreachable),))
    told = await tell.tell(installation, "phong-dong", lambda _, __: None)
    assert told.missing == "unreachable"
    assert told.steps[0].error == "ConnectError('')"


@pytest.mark.usefixtures("bus")
async def test_a_refusal_ends_the_story_with_its_reason(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "SCENES", (scene(refused), scene(quiet)))
    told = await tell.tell(installation, "lao-cai", lambda _, __: None)
    assert (told.missing, len(told.steps)) == ("refused", 1)
    assert "403 lc-parent" in str(told.steps[0].error)


async def test_a_world_without_people_has_no_story(installation: Installation) -> None:
    with pytest.raises(cast.NoCastError, match="known: lao-cai, phong-dong"):
        await tell.tell(installation, "none", lambda _, __: None)


@pytest.mark.parametrize("world", cast.CASTS)
def test_the_cast_has_accounts_with_the_right_grants(world: str) -> None:
    who = cast.cast_of(world)
    grants = {account["username"]: account["grants"] for account in accounts.demo()["accounts"]}
    assert grants[who.parent] == [f"guardian@{who.sending}"]
    assert grants[who.sending_principal] == [f"school_admin@{who.sending}"]
    assert grants[who.receiving_principal] == [f"school_admin@{who.receiving}"]
    assert grants[who.new_teacher] == [f"teacher@{who.receiving}"]
    assert grants[who.author] == [f"teacher@{who.sending}"]
    assert grants[who.officer][0].startswith("province_officer@")


def test_every_scene_has_a_name_of_its_own() -> None:
    names = [one.play.__name__ for one in tell.SCENES]
    assert len(set(names)) == len(names) == 12


async def test_a_step_names_whose_tokens_were_used_and_fits_into_eighty_columns(
    installation: Installation, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not bus.held
    monkeypatch.setattr(tell, "SCENES", (scene(acting), scene(quiet)))
    told = await tell.tell(installation, "phong-dong", lambda _, __: None)
    assert [step.people for step in told.steps] == [["parent", "principal"], []]
    printed = lines(1, told.steps[0])
    assert "      [parent, principal]" in printed
    assert max(map(len, printed)) <= 80
    assert len(printed) == 5
