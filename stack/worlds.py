"""Loading and verifying a world of an installation, through its gateway, as a vendor's client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stack.files import read_json
from stack.installation import STATE, write_state
from stack.people import LOADED

if TYPE_CHECKING:
    from stack.installation import Installation
    from stack.world.client import ClientCredentials
    from stack.world.load import LoadReport, Progress
    from stack.world.verify import Verification

NONE = "none"
DEFAULT = "phong-dong"


@dataclass(frozen=True, slots=True)
class Target:
    """An installation as its vendor client sees it."""

    gateway_url: str
    client: ClientCredentials

    async def token(self) -> str:
        """Return an access token of the loading client."""
        return await self.client.token()


def target(installation: Installation) -> Target:
    """Return the installation as the loading client sees it."""
    from stack.world.accounts import LOADER  # noqa: PLC0415 - what does not load a world needs none of it
    from stack.world.client import ClientCredentials  # noqa: PLC0415 - the same

    return Target(installation.gateway_url, ClientCredentials(installation.issuer, LOADER, installation.secrets.client_secret(LOADER)))


def is_loaded(installation: Installation, name: str) -> bool:
    """Tell whether a world was loaded to its end."""
    return name in _loaded(installation)


def chosen(installation: Installation, name: str | None) -> str:
    """Return the named world, else the one that was loaded last, else the default one."""
    return name or next(reversed(_loaded(installation)), DEFAULT)


async def load(installation: Installation, name: str, progress: Progress) -> LoadReport:
    """Load a world and remember that it is there. Raises what stack.world.load raises; repeating it is safe."""
    from stack.world.load import load as load_world  # noqa: PLC0415 - what does not load a world needs none of it

    report = await load_world(target(installation), progress, name)
    write_state(installation.folder, worlds={**_loaded(installation), name: {"people": report.people}})
    return report


async def verify(installation: Installation, name: str) -> Verification:
    """Compare a world's printed figures with the computed ones. Raises GatewayError."""
    from stack.world.verify import verify as verify_world  # noqa: PLC0415 - what does not load a world needs none of it

    return await verify_world(target(installation), name)


def _loaded(installation: Installation) -> dict[str, object]:
    """Return the worlds that were loaded to their end, in that order."""
    found: dict[str, object] = read_json(installation.folder / STATE).get(LOADED, {})
    return found
