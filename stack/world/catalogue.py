"""The worlds by name; a further world is one more module and one more line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stack.world import lao_cai, phong_dong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stack.world.model import World

WORLDS: Mapping[str, Callable[[], World]] = {phong_dong.NAME: phong_dong.build, lao_cai.NAME: lao_cai.build}
# Worlds whose accounts have names of their own, and what those begin with.
ACCOUNT_PREFIXES: Mapping[str, str] = {lao_cai.NAME: lao_cai.ACCOUNTS}


class UnknownWorldError(LookupError):
    """No world has this name."""


def build(name: str) -> World:
    """Return a world by name. Raises UnknownWorldError."""
    if name not in WORLDS:
        known = ", ".join(sorted(WORLDS))
        message = f"no world is called {name!r}; known: {known}"
        raise UnknownWorldError(message)
    return WORLDS[name]()
