"""Which data folder a command means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from libs.common.settings import Profile
from stack import installation, lock

if TYPE_CHECKING:
    from stack.installation import Installation

VARIABLE = "LIENTHONG_DATA"
BASE = Path("data")


class NoInstallationError(RuntimeError):
    """There is no installation where it was looked for, or more than one could be meant."""


def for_run(given: Path | None, profile: Profile | None) -> Path:
    """Return the folder for a start: the given one, LIENTHONG_DATA, or data/<profile> below the present folder."""
    return _named(given) or (BASE / (profile or Profile.SANDBOX).value).absolute()


def existing(given: Path | None) -> Installation:
    """Return the installation that a command means: the named one, else the only one that runs, else the only one there is.

    Raises NoInstallationError.
    """
    named = _named(given)
    if named is not None:
        found = installation.find(named)
        if found is None:
            raise NoInstallationError(f"No installation is in {named}. `lienthong run --data {named}` makes one.")
        return found
    known = [one for folder in sorted(BASE.absolute().glob("*")) if (one := installation.find(folder)) is not None]
    running = [one for one in known if lock.holder(one.folder) is not None]
    candidates = running or known
    if not candidates:
        raise NoInstallationError("No installation is here. `lienthong run` makes one.")
    if len(candidates) > 1:
        raise NoInstallationError("Several installations are here; choose with --data: " + ", ".join(str(one.folder) for one in candidates))
    return candidates[0]


def _named(given: Path | None) -> Path | None:
    if given is not None:
        return given.absolute()
    variable = os.environ.get(VARIABLE)
    return Path(variable).absolute() if variable else None
