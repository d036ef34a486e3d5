"""A story that was cut short goes on where it stood: nothing is filed twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from stack.story import resume, scenes
from stack.story.cast import cast_of
from stack.story.scenes import Play
from stack.world.client import Gateway

if TYPE_CHECKING:
    from stack.story.people import People

CAST = cast_of("phong-dong")


@dataclass(frozen=True, slots=True)
class Target:
    gateway_url: str = "http://gateway"

    async def token(self) -> str:
        return "a-token"


@dataclass(slots=True)
class Platform(httpx.AsyncBaseTransport):
    """One dossier in a stage, one child in a school; notes what is written."""

    stage: str
    school: str = CAST.sending
    written: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST":
            self.written.append(path.rpartition("/")[2])
        if path == resume.DOSSIERS and request.method == "GET":
            items = [{"dossier_id": "d1"}] if request.url.params["stage"] == self.stage else []
            return httpx.Response(200, json={"items": items})
        if path.startswith(resume.DOSSIERS):
            return httpx.Response(200, json=self.dossier(), headers={"ETag": '"1"'})
        if path.startswith("/registry/v1/learners/"):
            return httpx.Response(200, json={"learner_id": "l1", "grade": 2, "level": "primary", "school_code": self.school})
        return httpx.Response(200, json={"items": [{"class_id": "c1", "name": "2A", "grade": 2}]})

    def dossier(self) -> dict[str, Any]:
        return {
            "dossier_id": "d1",
            "stage": self.stage,
            "learner_id": "l1",
            "code": "H38-1",
            "due_at": None,
            "class_id": None,
            "tracking_key": "K",
        }


async def told(platform: Platform, *parts: scenes.Scenery) -> Play:
    async with Gateway(Target(), platform) as gateway:
        play = Play(CAST, cast("People", dict.fromkeys(CAST.people, gateway)), "p1")
        await scenes.choose_child(play)
        for part in parts:
            await part(play)
        return play


async def test_the_dossier_that_has_come_furthest_is_found() -> None:
    async with Gateway(Target(), Platform("approved")) as gateway:
        found = await resume.open_dossier(gateway, CAST.receiving)
        assert found is not None
        assert found["stage"] == "approved"
    async with Gateway(Target(), Platform("returned")) as gateway:
        assert await resume.open_dossier(gateway, CAST.receiving) is None


@pytest.mark.parametrize(
    ("stage", "written"), [("draft", ["submit"]), ("submitted", ["receive"]), ("received", ["approve"]), ("approved", ["release"])]
)
async def test_only_what_is_still_to_be_done_is_done(stage: str, written: list[str]) -> None:
    platform = Platform(stage)
    await told(platform, scenes.file, scenes.receive, scenes.decide, scenes.release)
    assert platform.written == written


async def test_a_child_that_has_moved_already_is_not_waited_for_again() -> None:
    platform = Platform("assigned", CAST.receiving)
    play = await told(platform, scenes.file, scenes.receive, scenes.decide, scenes.release, scenes.move, scenes.need, scenes.scorecard)
    assert play.moved_before
    assert not platform.written
    assert not play.expected
