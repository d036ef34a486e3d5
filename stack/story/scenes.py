"""The scenes of the story in their order: what a person does through the gateway, and what must have come of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from stack.story import effects, material, resume
from stack.story.watch import Expected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stack.story.cast import Cast
    from stack.story.people import People

DOSSIERS = resume.DOSSIERS
LEARNERS = "/registry/v1/learners"
ENROLLED = "01"
POLL_SECONDS = 0.05
ALREADY = {"as before": "the learner had moved in a story that was cut short"}

Facts: TypeAlias = "dict[str, Any]"
Scenery: TypeAlias = "Callable[[Play], Awaitable[Facts]]"


class MissingError(RuntimeError):
    """Something that the story needs is not there; the text says what."""


@dataclass(slots=True)
class Play:
    """What is known so far."""

    cast: Cast
    people: People
    parent_person: str | None
    child: Facts = field(default_factory=dict)
    dossier: Facts = field(default_factory=dict)
    moved_before: bool = False
    room: Facts = field(default_factory=dict)
    before: effects.Standing | None = None
    expected: tuple[Expected, ...] = ()

    def at(self, *stages: str) -> bool:
        """Tell whether the dossier waits in one of these stages; one that a story before has brought further does not."""
        return self.dossier.get("stage") in stages

    async def act(self, who: str, action: str, body: Facts | None = None) -> None:
        """Do something to the dossier in a person's name, on the version that the person has just read."""
        path = f"{DOSSIERS}/{self.dossier['dossier_id']}"
        seen = await self.people[who].send("GET", path)
        headers = {"If-Match": seen.headers["ETag"], "Idempotency-Key": f"story-{uuid4()}"}
        options: dict[str, Any] = {} if body is None else {"json": body}
        self.dossier = (await self.people[who].send("POST", f"{path}/{action}", headers=headers, **options)).json()

    def begin(self) -> None:
        """Begin the next scene: nothing is expected and nobody has acted yet."""
        self.expected = ()
        self.people.begin()

    def expect(self, *events: tuple[str, str, str]) -> None:
        """Name further events (topic, key, type) that this scene causes."""
        self.expected += tuple(Expected(*event) for event in events)

    def expect_dossier(self, *verbs: str) -> None:
        """Name what has to be told of the dossier."""
        self.expect(*(("egov.dossier", self.dossier["dossier_id"], f"egov.dossier.{verb}") for verb in verbs))


async def sign_in(play: Play) -> Facts:
    """Everybody signs in at the issuer's login page."""
    await play.people.sign_in()
    return {"accounts": ", ".join(play.cast.people)}


async def choose_child(play: Play) -> Facts:
    """The parent sees their children, first the one whose transfer is open; where all have moved, the school names another one."""
    parent = play.people[play.cast.parent]
    play.dossier = await resume.open_dossier(parent, play.cast.receiving) or {}
    if play.dossier:
        play.child = await parent.get(f"{LEARNERS}/{play.dossier['learner_id']}")
        play.moved_before = play.child["school_code"] == play.cast.receiving
        return {"learner": play.child["learner_id"], "grade": play.child["grade"], "goes on from": play.dossier["stage"]}
    here = (await parent.get(LEARNERS, enrolled_at(play.cast.sending)))["items"]
    play.child = dict(here[0]) if here else await _name_another(play)
    return {"learner": play.child["learner_id"], "grade": play.child["grade"], "children at the school": len(here)}


def enrolled_at(school: str) -> dict[str, str]:
    """Return the question for a few of those who learn at a school."""
    return {"school": school, "status": ENROLLED, "limit": "20"}


async def _name_another(play: Play) -> Facts:
    principal = play.people[play.cast.sending_principal]
    others = (await principal.get(LEARNERS, enrolled_at(play.cast.sending)))["items"]
    if not others or play.parent_person is None:
        raise MissingError("no child of the demonstration parent is left at the sending school")
    body = {"learner_id": others[0]["learner_id"], "relation": "other", "person_id": play.parent_person}
    await principal.send("POST", "/registry/v1/guardians", json=body, headers={"Idempotency-Key": f"story-{uuid4()}"})
    play.expect(("registry.learner", others[0]["learner_id"], "registry.learner.changed"))
    return dict(others[0])


async def look_before(play: Play) -> Facts:
    """The officer notes need and scorecard of both schools."""
    play.before = await effects.standing(play.people[play.cast.officer], play.cast)
    return play.before.facts()


async def file(play: Play) -> Facts:
    """The parent files the transfer online."""
    body = {
        "learner_id": play.child["learner_id"],
        "receiving_school_code": play.cast.receiving,
        "applicant_name": "Phụ huynh học sinh",
        "ground": "moves_home",
        "channel": "online",
        "papers": [{"key": "transfer_application"}],
    }
    parent = play.people[play.cast.parent]
    if not play.dossier:
        play.dossier = (await parent.send("POST", DOSSIERS, json=body, headers={"Idempotency-Key": f"story-{uuid4()}"})).json()
        play.expect_dossier("drafted")
    if play.at("draft"):
        await play.act(play.cast.parent, "submit")
        play.expect_dossier("submitted")
    return {"dossier": play.dossier["dossier_id"], "stage": play.dossier["stage"]}


async def receive(play: Play) -> Facts:
    """The new school receives: code, receipt, appointment."""
    if play.at("submitted"):
        await play.act(play.cast.receiving_principal, "receive")
        play.expect_dossier("received")
    return {"code": play.dossier["code"], "due_at": play.dossier["due_at"]}


async def decide(play: Play) -> Facts:
    """The new school's principal takes the child and fixes the class."""
    principal = play.people[play.cast.receiving_principal]
    wanted = {"school": play.cast.receiving, "school_year": play.cast.school_year, "limit": "500"}
    rooms = [room for room in (await principal.get("/registry/v1/classes", wanted))["items"] if room["grade"] == play.child["grade"]]
    if not rooms:
        raise MissingError(f"{play.cast.receiving} has no class of grade {play.child['grade']}")
    play.room = next((room for room in rooms if room["class_id"] == play.dossier["class_id"]), rooms[0])
    if play.at("received"):
        await play.act(play.cast.receiving_principal, "approve", {"class_id": play.room["class_id"]})
        play.expect_dossier("decided")
    return {"class": play.room["name"]}


async def release(play: Play) -> Facts:
    """The old school's principal hands the records over."""
    if play.at("approved"):
        await play.act(play.cast.sending_principal, "release", {})
        dossier = play.dossier["dossier_id"]
        play.expect(("egov.dossier", dossier, "egov.dossier.released"), ("egov.transfer", dossier, "egov.transfer.decided"))
    return {"stage": play.dossier["stage"]}


async def move(play: Play) -> Facts:
    """The registry moves the learner; the new school sees the child now."""
    learner = play.child["learner_id"]
    if not play.moved_before:
        play.expect(
            ("registry.transfer", play.dossier["dossier_id"], "registry.transfer.executed"),
            ("registry.learner", learner, "registry.learner.transferred"),
        )
    principal = play.people[play.cast.receiving_principal]

    async def arrived() -> bool:
        seen = await principal.find(f"{LEARNERS}/{learner}")
        return seen is not None and seen.json()["school_code"] == play.cast.receiving

    await until(arrived)
    return {"school": play.cast.receiving}


async def assign(play: Play) -> Facts:
    """The class stands, the dossier is done, the parent gets the result and follows it by its code."""
    principal = play.people[play.cast.receiving_principal]
    path = f"{DOSSIERS}/{play.dossier['dossier_id']}"

    async def assigned() -> bool:
        play.dossier = await principal.get(path)
        if play.dossier["stage"] == "flagged":
            raise MissingError(f"the registry refused the move: {play.dossier['flag_reason']}")
        return bool(play.dossier["stage"] == "assigned")

    await until(assigned)
    await play.act(play.cast.receiving_principal, "return", {})
    play.expect_dossier(*(() if play.moved_before else ("moved", "assigned")), "finished")
    track = {"key": (await play.people[play.cast.parent].get(path))["tracking_key"]}
    seen = await play.people[play.cast.parent].get(f"/egov/v1/tracking/{play.dossier['code']}", track)
    return {"class": play.room["name"], "stage": seen["stage"], "status": seen["status"], "on_time": seen["on_time"]}


async def need(play: Play) -> Facts:
    """The need for computers of both schools follows."""
    if play.moved_before:
        return ALREADY
    return await effects.need_changed(play.people[play.cast.officer], play.cast, before_of(play))


async def scorecard(play: Play) -> Facts:
    """The scorecard of the school follows."""
    if play.moved_before:
        return ALREADY
    return await effects.scorecard_changed(play.people[play.cast.officer], play.cast, before_of(play))


async def find_material(play: Play) -> Facts:
    """The new school's teacher finds approved material for the grade; where there is none yet, the old school shares a lesson first."""
    reader = play.people[play.cast.new_teacher]
    found = await material.search(reader, play.child)
    if not found:
        shared = await material.share(
            play.people[play.cast.author], play.people[play.cast.sending_principal], play.cast.sending, play.child
        )
        play.expect(*(("learning.content", shared, f"learning.content.{verb}") for verb in ("submitted", "approved")))
        found = await material.search(reader, play.child)
    if not found:
        raise MissingError(f"the library has nothing for grade {play.child['grade']}")
    return {"title": found[0]["title"], "contents": len(found), "bytes": await material.download(reader, found[0])}


def before_of(play: Play) -> effects.Standing:
    """Return what stood before."""
    if play.before is None:
        raise MissingError("nobody looked before the story began")
    return play.before


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so; the step's time limit ends it."""
    while True:
        if await ready():
            return
        await asyncio.sleep(POLL_SECONDS)
