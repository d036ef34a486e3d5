"""A run from an empty folder (or a kept one) to a ready platform, phase by phase, and down again."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.render import render
from libs.common.events.transport.postgres import prepare as prepare_bus
from stack import people, plan, worlds
from stack.board import Board
from stack.commands import migrate, run_logged
from stack.engines.artefacts import kafka_jars, keycloak_distribution
from stack.files import read_json, write_json
from stack.installation import BUS, SERVICES, STATE, create
from stack.lock import hold
from stack.orphans import end_orphans
from stack.ports import DEFAULTS, moved, reserving
from stack.prepared import fingerprint, is_prepared, mark
from stack.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from libs.common.settings import Profile
    from stack.board import Snapshot
    from stack.installation import Installation


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for with `lienthong run`. `profile` None: as the folder was made."""

    folder: Path
    profile: Profile | None = None
    world: str = worlds.NONE
    ports: Mapping[str, int] = field(default_factory=dict)


async def run(wish: Wish, show: Callable[[Snapshot], None]) -> int:
    """Run the platform until SIGINT or SIGTERM; return 0 after a clean stop, 1 when it did not come up.

    Raises AlreadyRunningError, PortTakenError, WrongProfileError before anything is touched.
    """
    wish.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with hold(wish.folder), reserving() as free:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        left = await asyncio.to_thread(end_orphans, wish.folder / "run", str(wish.folder))
        before = {**DEFAULTS, **read_json(wish.folder / STATE).get("ports", {}), **wish.ports}
        installation = create(wish.folder, wish.profile, wish.ports, free)
        board = Board(wish.folder, show)
        if gave_way := moved(before, installation.ports):
            board.note(gave_way)
        if left:
            board.note(f"Ended what an earlier run had left: {', '.join(left)}.")
        return await _supervise(installation, wish.world, board, stop)


async def _supervise(installation: Installation, world: str, board: Board, stop: asyncio.Event) -> int:
    supervisor = Supervisor(installation.run_folder, installation.logs_folder, board.changed)
    board.processes = supervisor.as_json
    rise = asyncio.create_task(bring_up(installation, world, board, supervisor))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({rise, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if rise.done() and (error := rise.exception()):
            board.fail(str(error) or repr(error))
            return 1
        await stopping
    finally:
        rise.cancel()
        with suppress(asyncio.CancelledError, Exception):  # already told
            await rise
        board.now.ready = False
        with board.phase("stop"):
            await supervisor.stop()
    return 0


async def bring_up(installation: Installation, world: str, board: Board, supervisor: Supervisor) -> None:
    """Start everything in order. Raises the first failure."""
    if installation.full:
        with board.phase("artefacts"):  # the first time they come over the network, however long that takes
            await asyncio.to_thread(kafka_jars)
            await asyncio.to_thread(keycloak_distribution)
    with board.phase("engines"):
        await supervisor.start(plan.engines(installation))
        for note in installation.postgres.notes:
            board.note(note)
    wanted = fingerprint(people.document(installation))
    if not await is_prepared(installation.postgres, wanted):
        await _prepare(installation, board)
        await mark(installation.postgres, wanted)
    elif installation.full:
        with board.phase("accounts"):
            await _realm(installation)
    with board.phase("services"):
        write_json(plan.settings_file(installation), json.loads(plan.gateway_settings(installation).model_dump_json()))
        await asyncio.to_thread(render, plan.gateway_settings(installation), plan.envoy_folder(installation))
        await supervisor.start([*plan.services(installation), plan.pages(installation)])
    with board.phase("gateway"):
        await supervisor.start([plan.envoy(installation)])
    comparison = await _world(installation, world, board) if world != worlds.NONE else None
    board.finish(outcome(installation, comparison))


async def _prepare(installation: Installation, board: Board) -> None:
    """Migrate every database, then create the accounts."""
    with board.phase("migrate"):
        await _databases(installation)
        await asyncio.gather(*(migrate(installation, service) for service in SERVICES))
    with board.phase("accounts"):
        if installation.full:
            await _realm(installation)
        await people.bootstrap(installation)


async def _realm(installation: Installation) -> None:
    environment = installation.environment("identity", owner=True)
    await run_logged(installation, "realm", environment, "services.identity.main", "realm", "apply")


async def _databases(installation: Installation) -> None:
    """Create databases and roles; the bus of the sandbox is one of them."""
    postgres = installation.postgres
    for name in SERVICES:
        await postgres.create_service_database(name)
    if not installation.full:
        bus = await postgres.create_service_database(BUS)
        await prepare_bus(bus.owner_url, f"{BUS}_app")


async def _world(installation: Installation, name: str, board: Board) -> dict[str, Any]:
    """Load the world unless it is there, then compare it with its plan."""
    if not worlds.is_loaded(installation, name):
        with board.phase("world"):
            await worlds.load(installation, name, board.progress)
            await people.bootstrap(installation)
            await mark(installation.postgres, fingerprint(people.document(installation)))
    with board.phase("verify"):
        verification = await worlds.verify(installation, name)
        comparison: dict[str, Any] = json.loads(verification.to_json())
        return comparison


def outcome(installation: Installation, comparison: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a ready run tells: addresses, accounts (passwords are kept elsewhere), the comparison with the plan."""
    gateway = installation.gateway_url
    addresses = {
        "gateway": gateway,
        "documentation": f"{gateway}/docs",
        "openapi": f"{gateway}/openapi.json",
        "issuer": installation.issuer,
    }
    if installation.full:
        addresses |= {"keycloak": installation.keycloak.url, "kafka": installation.kafka.bootstrap}
    demo = people.demo_people()
    return {
        "profile": installation.profile.value,
        "data": str(installation.folder),
        "addresses": addresses,
        "accounts": [
            {"username": account["username"], "name": account["name"], "grants": account["grants"]}
            for account in people.accounts_at_hand(installation)
        ],
        "clients": [{"client_id": client["client_id"], "scopes": client["scopes"]} for client in demo["clients"]],
        "comparison": comparison,
    }
