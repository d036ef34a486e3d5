"""The people of the story: each with a token of their own, got through the issuer's login page."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from stack.tokens import access_token
from stack.world.client import Gateway

if TYPE_CHECKING:
    from types import TracebackType

    from stack.installation import Installation
    from stack.story.cast import Cast

TOKEN_SECONDS = 240.0
"""Tokens live five minutes."""


@dataclass(slots=True)
class Person:
    """One account as the gateway's client sees it."""

    installation: Installation
    name: str
    _token: str = ""
    _since: float = 0.0

    @property
    def gateway_url(self) -> str:
        """Public base address of the gateway."""
        return self.installation.gateway_url

    async def token(self) -> str:
        """Return a token of this person, signing in where there is none that lives on."""
        if not self._token or time.monotonic() - self._since > TOKEN_SECONDS:
            self._since = time.monotonic()
            self._token = await access_token(self.installation, self.name)
        return self._token


class People:
    """Everybody, with one client of the gateway each."""

    def __init__(self, installation: Installation, cast: Cast) -> None:
        self._persons = {name: Person(installation, name) for name in cast.people}
        self._clients = {name: Gateway(person) for name, person in self._persons.items()}
        self._acting: dict[str, None] = {}

    @property
    def acting(self) -> list[str]:
        """Return whose tokens were used since the scene began, in order."""
        return list(self._acting)

    def begin(self) -> None:
        """Begin the next scene: nobody has acted yet."""
        self._acting.clear()

    def __getitem__(self, name: str) -> Gateway:
        """Return a person's client."""
        self._acting[name] = None
        return self._clients[name]

    async def sign_in(self) -> None:
        """Sign everybody in, side by side. Raises SignInError."""
        self._acting |= dict.fromkeys(self._persons)
        await asyncio.gather(*(person.token() for person in self._persons.values()))

    async def __aenter__(self) -> Self:
        for client in self._clients.values():
            await client.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for client in self._clients.values():
            await client.__aexit__(kind, error, trace)
