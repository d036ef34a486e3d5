"""A story that was cut short: its dossier is still open, and the next telling goes on with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stack.world.client import Gateway

DOSSIERS = "/egov/v1/dossiers"
STAGES = ("assigned", "moved", "released", "approved", "received", "submitted", "draft")
"""Stages in which a dossier waits for somebody of the story, the furthest first."""
MOVED = frozenset({"moved", "assigned"})


async def open_dossier(parent: Gateway, receiving: str) -> dict[str, Any] | None:
    """Return the parent's open dossier for the receiving school that has come furthest, if there is one."""
    queries = [{"stage": stage, "receiving": receiving, "limit": "1"} for stage in STAGES]
    pages = await asyncio.gather(*(parent.get(DOSSIERS, query) for query in queries))
    listed = next((page["items"][0] for page in pages if page["items"]), None)
    return None if listed is None else dict(await parent.get(f"{DOSSIERS}/{listed['dossier_id']}"))
