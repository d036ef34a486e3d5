"""Loads what other services than the registry keep of a world: assets, procedures on offer, counts of documents."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from stack.world import tables
from stack.world.client import GatewayError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from stack.world.client import Gateway
    from stack.world.model import World

UNKNOWN = "unknown_organisation"
TREE_SECONDS = 60.0
POLL_SECONDS = 0.3
SHOWN_ERRORS = 5
CSV = {"Content-Type": "text/csv; charset=utf-8"}


class RejectedError(RuntimeError):
    """A service did not accept a file; the text holds its first errors."""


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Do all at once; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def load_services(gateway: Gateway, world: World, told: Callable[[str, int], None]) -> None:
    """Load everything at once: the services do not wait for each other. `told` hears a kind and its rows. Raises RejectedError."""
    assets, offers, counts = tables.assets(world.assets), tables.offers(world.offers), tables.documents(world.documents)
    kinds: tuple[tuple[str, int, Callable[[], Awaitable[str | None]]], ...] = (
        ("assets", len(world.assets), lambda: _assets(gateway, assets)),
        ("offers", len(world.offers), lambda: _put(gateway, "/egov/v1/offers/import", offers)),
        ("documents", len(world.documents), lambda: _put(gateway, "/egov/v1/document-counts/import", counts)),
    )
    await together(*(_when_known(send, kind, rows, told) for kind, rows, send in kinds if rows))


async def _when_known(send: Callable[[], Awaitable[str | None]], kind: str, rows: int, told: Callable[[str, int], None]) -> None:
    """Send a file until the service has heard of its organisations: the tree comes to it by events."""
    deadline = asyncio.get_running_loop().time() + TREE_SECONDS
    while (refusal := await send()) is not None:
        if asyncio.get_running_loop().time() > deadline:
            message = f"{kind}: the tree did not arrive within {TREE_SECONDS:.0f} s: {refusal}"
            raise RejectedError(message)
        await asyncio.sleep(POLL_SECONDS)
    told(kind, rows)


async def _assets(gateway: Gateway, file: bytes) -> str | None:
    """Send the file; return why to wait. A file that was applied before is known by its hash. Raises RejectedError."""
    run = (await gateway.send("POST", "/assets/v1/imports", content=file, headers=CSV)).json()
    if run["state"] == "applied":
        return None
    faults = (await gateway.get(f"/assets/v1/imports/{run['import_id']}/errors", {"limit": "500"}))["items"]
    return _waiting("assets", faults, [f"row {fault['row']}, {fault['column']}: {fault['message_en']}" for fault in faults])


async def _put(gateway: Gateway, path: str, file: bytes) -> str | None:
    """Bring records to what the file says, by natural key; return why to wait. Raises GatewayError, RejectedError."""
    try:
        await gateway.send("POST", path, content=file, headers=CSV)
    except GatewayError as error:
        if not error.faults:
            raise
        return _waiting(path, error.faults, [f"{fault.get('pointer')}: {fault.get('en')}" for fault in error.faults])
    return None


def _waiting(what: str, faults: list[dict[str, Any]], lines: list[str]) -> str:
    """Return the first fault when all of them are organisations that have not arrived. Raises RejectedError for any other."""
    if any(fault["code"] != UNKNOWN for fault in faults):
        raise RejectedError("\n".join([f"{what} were rejected:", *lines[:SHOWN_ERRORS]]))
    return lines[0]
