"""Loads a world through the gateway as a vendor would: upserts by code, bulk files, bounded waiting. Repeating it changes nothing."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from stack.world import catalogue, tables
from stack.world.client import Gateway, GatewayError
from stack.world.load_services import load_services, together
from stack.world.tree import apply_changes, first_versions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stack.world.client import WorldTarget
    from stack.world.model import Guardian, Homeroom, World

REGISTRY = "/registry/v1"
IMPORT_SECONDS = 600.0
INSIGHT_SECONDS = 300.0
POLL_SECONDS = 0.3
SHOWN_ERRORS = 5
APPLIED, REJECTED, FAILED = "applied", "rejected", "failed"
"""States in which an import has ended (services/registry); a failed one may be resumed."""


class Progress(Protocol):
    """Told of every step: its name, how much is done, out of how much."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show the step."""


@dataclass(slots=True)
class LoadReport:
    """What was loaded: rows by kind, seconds in all, and the person behind each demonstration account that has one."""

    world: str
    rows: dict[str, int] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class ImportFailedError(RuntimeError):
    """The registry did not accept a file; the text holds its first errors."""


async def load(installation: WorldTarget, progress: Progress, name: str) -> LoadReport:
    """Load a world and wait until insight has seen all of it. Raises GatewayError or ImportFailedError; then simply run it again."""
    started = time.monotonic()
    world = catalogue.build(name)
    async with Gateway(installation) as gateway:
        report = await load_all(gateway, world, progress)
    report.seconds = round(time.monotonic() - started, 1)
    return report


async def load_all(gateway: Gateway, world: World, progress: Progress) -> LoadReport:
    """Bring every service to what the world says and wait until insight has counted it."""
    report = LoadReport(world.name)
    await load_tree(gateway, world, report, progress)
    await together(load_people(gateway, world, report, progress), load_others(gateway, world, report, progress))
    await wait_for_insight(gateway, world, progress)
    return report


async def load_people(gateway: Gateway, world: World, report: LoadReport, progress: Progress) -> None:
    """Load classes, staff, learners and the relations between them."""
    files: tuple[tuple[str, Callable[[], bytes]], ...] = (
        ("classes", lambda: tables.classes(world.classes)),
        ("staff", lambda: tables.staff(world.staff)),
        ("learners", lambda: tables.learners(world.learners)),
    )
    for kind, make in files:
        file = await asyncio.to_thread(make)
        report.rows[kind] = tables.count(file)
        await import_file(gateway, kind, file, report.rows[kind], progress)
    await _relations(gateway, world, report, progress)


async def load_others(gateway: Gateway, world: World, report: LoadReport, progress: Progress) -> None:
    """Load what the other services keep, once the tree has come to them."""

    def told(kind: str, count: int) -> None:
        report.rows[kind] = count
        progress(kind, count, count)

    await load_services(gateway, world, told)


async def load_tree(gateway: Gateway, world: World, report: LoadReport, progress: Progress) -> None:
    """Load organisations and school years: what every other row refers to."""
    await _organisations(gateway, world, report, progress)
    await _school_years(gateway, world, report, progress)


async def _organisations(gateway: Gateway, world: World, report: LoadReport, progress: Progress) -> None:
    """Bring in what there was at first as one file, then every change of it, in order of time."""
    first = first_versions(world.organisations)
    total = len(world.organisations) + len(world.merges) + len(world.closures)
    await import_file(
        gateway, "organisations", tables.organisations(first), len(first), lambda _, done, __: progress("organisations", done, total)
    )
    await apply_changes(gateway, world, lambda done: progress("organisations", len(first) + done, total))
    report.rows["organisations"] = len(world.organisations)


async def _school_years(gateway: Gateway, world: World, report: LoadReport, progress: Progress) -> None:
    for done, year in enumerate(world.school_years, start=1):
        path = f"{REGISTRY}/school-years/{year.code}"
        wanted = {"starts_on": year.starts_on.isoformat(), "ends_on": year.ends_on.isoformat()}
        known = await gateway.find(path)
        if known is None or any(known.json().get(key) != value for key, value in wanted.items()):
            headers = {"If-Match": known.headers["ETag"]} if known is not None and "ETag" in known.headers else {}
            await gateway.send("PUT", path, json=wanted, headers=headers)
        progress("school years", done, len(world.school_years))
    report.rows["school_years"] = len(world.school_years)


async def import_file(gateway: Gateway, kind: str, file: bytes, rows: int, progress: Progress) -> None:
    """Send one CSV file and wait for its end; a file sent before is known by its hash, one that failed is taken up again."""
    digest = base64.b64encode(sha256(file).digest()).decode()
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Digest": f"sha-256=:{digest}:"}
    run = (await gateway.send("POST", f"{REGISTRY}/imports", params={"kind": kind}, content=file, headers=headers)).json()
    path = f"{REGISTRY}/imports/{run['import_id']}"
    if run["state"] == FAILED:
        await gateway.send("POST", f"{path}/resume", headers={"Idempotency-Key": f"resume-{run['import_id']}-{run['version']}"})

    async def finished() -> bool:
        state = await gateway.get(path)
        if state["state"] in {FAILED, REJECTED}:
            raise ImportFailedError(await _first_errors(gateway, kind, path, state))
        applied = bool(state["state"] == APPLIED)
        progress(kind, rows if applied else min(rows - 1, int(state["rows"]["checked"])), rows)
        return applied

    await poll(finished, IMPORT_SECONDS, f"import of {kind}")


async def _first_errors(gateway: Gateway, kind: str, path: str, state: dict[str, Any]) -> str:
    errors = (await gateway.get(f"{path}/errors", params={"limit": str(SHOWN_ERRORS)}))["items"]
    lines = [f"row {error.get('row')}, {error.get('column')}: {error.get('message_en')}" for error in errors]
    return "\n".join([f"import of {kind}: {state['state']} {state.get('failure') or ''}".rstrip(), *lines])


async def poll(ready: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Ask until it is so. Raises GatewayError after that many seconds."""
    deadline = time.monotonic() + seconds
    while not await ready():
        if time.monotonic() > deadline:
            message = f"{what} did not end within {seconds:.0f} s"
            raise GatewayError(message)
        await asyncio.sleep(POLL_SECONDS)


async def find_by_code(gateway: Gateway, path: str, code: str) -> dict[str, Any]:
    """Return the learner or staff member who bears a ministry code. Raises GatewayError when nobody does."""
    items = (await gateway.get(path, params={"ministry_code": code}))["items"]
    if not items:
        raise GatewayError(f"{path}: nobody bears the code {code} after the import")
    return dict(items[0])


async def _relations(gateway: Gateway, world: World, report: LoadReport, progress: Progress) -> None:
    """Guardians and class teachers: the relations that the demonstration accounts of parent and teacher rest on."""
    total = len(world.guardians) + len(world.homerooms)
    for done, guardian in enumerate(world.guardians, start=1):
        report.people.setdefault(f"{world.accounts}parent", await _guardian(gateway, world, guardian))
        progress("relations", done, total)
    for done, homeroom in enumerate(world.homerooms, start=1):
        report.people.setdefault(f"{world.accounts}teacher", await _homeroom(gateway, homeroom))
        progress("relations", len(world.guardians) + done, total)
    report.rows["guardians"] = len(world.guardians)


async def _guardian(gateway: Gateway, world: World, guardian: Guardian) -> str:
    """Enter a guardian unless the learner has this one already; return the guardian's person id."""
    learner = (await find_by_code(gateway, f"{REGISTRY}/learners", guardian.learner_code))["learner_id"]
    for known in (await gateway.get(f"{REGISTRY}/learners/{learner}/guardians"))["items"]:
        if (known["full_name"], known["relation"]) == (guardian.full_name, guardian.relation):
            return str(known["guardian_person_id"])
    body = {
        "learner_id": learner,
        "relation": guardian.relation,
        "person": {
            "full_name": guardian.full_name,
            "birth_date": guardian.birth_date.isoformat(),
            "sex": guardian.sex,
            "identifiers": [{"kind": "personal_number", "value": guardian.personal_number}],
        },
    }
    key = f"world-{world.name}-{guardian.personal_number}-{guardian.learner_code}"
    answer = await gateway.send("POST", f"{REGISTRY}/guardians", json=body, headers={"Idempotency-Key": key})
    return str(answer.json()["guardian_person_id"])


async def _homeroom(gateway: Gateway, homeroom: Homeroom) -> str:
    """Set who leads a class; return the person's id."""
    teacher = await find_by_code(gateway, f"{REGISTRY}/staff", homeroom.teacher_code)
    wanted = {"school": homeroom.school_code, "school_year": homeroom.school_year, "limit": "500"}
    rooms = (await gateway.get(f"{REGISTRY}/classes", params=wanted))["items"]
    room = next((item for item in rooms if item["name"] == homeroom.class_name), None)
    if room is None:
        raise GatewayError(f"class {homeroom.class_name} of {homeroom.school_code} is not there after the import")
    path = f"{REGISTRY}/classes/{room['class_id']}"
    known = await gateway.send("GET", path)
    if known.json()["homeroom_staff_id"] != teacher["staff_id"]:
        await gateway.send("PATCH", path, json={"homeroom_staff_id": teacher["staff_id"]}, headers={"If-Match": known.headers["ETag"]})
    return str(teacher["person_id"])


async def wait_for_insight(gateway: Gateway, world: World, progress: Progress) -> None:
    """Wait until insight has counted every row of the world. Raises GatewayError."""
    wanted = {
        "organisations": len({version.code for version in world.organisations}),
        "classes": len(world.classes),
        "staff": len(world.staff),
        "learners": len(world.learners),
        "assets": len(world.assets),
        "offers": len(world.offers),
        "documents": len(world.documents),
        "norms": len((await gateway.get("/assets/v1/norms"))["items"]),
    }
    total = sum(wanted.values())

    async def caught_up() -> bool:
        counts = (await gateway.get("/insight/v1/freshness"))["counts"]
        seen = {kind: min(int(counts.get(kind, 0)), number) for kind, number in wanted.items()}
        progress("insight", sum(seen.values()), total)
        return seen == wanted

    await poll(caught_up, INSIGHT_SECONDS, "insight catching up")
