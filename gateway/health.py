"""The health of all services in one answer."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from pydantic import BaseModel

from gateway.settings import GatewaySettings
from libs.common import clock

TIMEOUT_SECONDS = 2.0
# The page is open to everyone: however often it is asked for, the services are asked once in this time.
KEPT_SECONDS = 1.0


class ServiceHealth(BaseModel):
    """How many hosts of a service are ready; one is enough to serve."""

    ready: bool
    hosts_ready: int
    hosts: int


class PlatformHealth(BaseModel):
    """The platform is ready when every service is."""

    ready: bool
    checked_at: datetime
    services: dict[str, ServiceHealth]


async def host_ready(client: httpx.AsyncClient, url: str) -> bool:
    """Whether one host says that it is ready."""
    try:
        return (await client.get(url, timeout=TIMEOUT_SECONDS)).is_success
    except httpx.HTTPError:
        return False


async def check(client: httpx.AsyncClient, settings: GatewaySettings) -> PlatformHealth:
    """Ask every host of every service at the same time."""
    asked = [(name, f"http://{address}{settings.health.path}") for name, group in settings.services.items() for address in group]
    found = await asyncio.gather(*(host_ready(client, url) for _, url in asked))
    return summary(settings.services, [name for (name, _), ready in zip(asked, found, strict=True) if ready])


def summary(services: Mapping[str, list[Any]], ready: list[str]) -> PlatformHealth:
    """Return the health from the names of the services whose hosts were ready (a name for each host)."""
    states = {
        name: ServiceHealth(ready=name in ready, hosts_ready=ready.count(name), hosts=len(addresses))
        for name, addresses in services.items()
    }
    return PlatformHealth(ready=all(state.ready for state in states.values()), checked_at=clock.now(), services=states)


class HealthWatch:
    """The last check, shared by all who ask within its time."""

    def __init__(self, client: httpx.AsyncClient, settings: GatewaySettings) -> None:
        self._client = client
        self._settings = settings
        self._lock = asyncio.Lock()
        self._last: tuple[float, PlatformHealth] | None = None

    async def current(self) -> PlatformHealth:
        """Return the health, at most `KEPT_SECONDS` old."""
        async with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > KEPT_SECONDS:
                self._last = (time.monotonic(), await check(self._client, self._settings))
            return self._last[1]
