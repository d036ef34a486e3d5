"""Tells the story scene by scene; each has its time, and the first that misses something ends it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

import httpx

from libs.common.auth.oidc_client import SignInError
from libs.common.events.transport import connect
from stack import people as accounts
from stack.story import scenes
from stack.story.cast import cast_of
from stack.story.people import People
from stack.story.record import Step, Told
from stack.story.scenes import Play
from stack.story.watch import Watch
from stack.world.client import GatewayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stack.installation import Installation
    from stack.story.scenes import Scenery

FAILURES = (GatewayError, SignInError, httpx.HTTPError, scenes.MissingError, LookupError)


class Scene(NamedTuple):
    """A scene: what happens, its name in both languages, seconds it may take."""

    play: Scenery
    vi: str
    en: str
    seconds: float = 10.0


SCENES = (
    Scene(scenes.sign_in, "Mọi người đăng nhập", "Everybody signs in", 20.0),
    Scene(scenes.choose_child, "Phụ huynh xem hồ sơ của con", "The parent sees their child's record"),
    Scene(scenes.look_before, "Sở xem nhu cầu máy tính của hai trường", "The department looks at the need of both schools"),
    Scene(scenes.file, "Phụ huynh nộp hồ sơ chuyển trường trực tuyến", "The parent files a school transfer online"),
    Scene(scenes.receive, "Trường mới tiếp nhận hồ sơ", "The new school receives the dossier"),
    Scene(scenes.decide, "Hiệu trưởng trường mới đồng ý", "The new school's principal decides"),
    Scene(scenes.release, "Trường cũ bàn giao học bạ", "The old school releases the child"),
    Scene(scenes.move, "Sổ đăng ký chuyển học sinh sang trường mới", "The registry moves the learner"),
    Scene(scenes.assign, "Học sinh được xếp lớp, trả kết quả", "The class is assigned, the result returned"),
    Scene(scenes.need, "Nhu cầu máy tính của hai trường thay đổi", "The need for computers of both schools changes"),
    Scene(scenes.scorecard, "Bảng chỉ tiêu thay đổi", "The scorecard changes"),
    Scene(scenes.find_material, "Giáo viên trường mới tìm học liệu đã duyệt", "The new teacher finds approved material"),
)


async def tell(installation: Installation, world: str, show: Callable[[int, Step], None]) -> Told:
    """Tell the story and return it as far as it came; `show` hears of each step when it has ended. Raises NoCastError."""
    cast = cast_of(world)
    told, began = Told(world), time.monotonic()
    transport = connect(installation.bus_url)
    try:
        async with People(installation, cast) as people:
            play = Play(cast, people, accounts.known_people(installation).get(cast.parent))
            watch = Watch(transport)
            for number, scene in enumerate(SCENES, start=1):
                step = await _one(scene, play, watch)
                told.steps.append(step)
                show(number, step)
                if step.error:
                    break
    finally:
        await transport.close()
    told.seconds = time.monotonic() - began
    return told


async def _one(scene: Scene, play: Play, watch: Watch) -> Step:
    step = Step(scene.play.__name__, scene.vi, scene.en)
    began = time.monotonic()
    play.begin()
    try:
        async with asyncio.timeout(scene.seconds):
            step.facts = await scene.play(play)
            step.events = await watch.caused(play.expected) if play.expected else []
    except TimeoutError:
        waited = ", ".join(event.type for event in play.expected) or scene.en
        step.error = f"not within {scene.seconds:.0f} s: {waited}" + (f"; the event bus: {watch.trouble}" if watch.trouble else "")
    except FAILURES as error:
        step.error = _told(error)
    step.people = play.people.acting
    step.seconds = time.monotonic() - began
    return step


def _told(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.request.method} {error.request.url}: {error.response.status_code}"
    return str(error) or repr(error)
