"""Log files of the processes: bounded, without the writers' help."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 50_000_000


def rotate(log: Path, largest: int = LARGEST_BYTES) -> bool:
    """Move the content of a grown log to `<name>.1` and empty it in place: its writer appends, so it simply goes on."""
    try:
        if log.stat().st_size <= largest:
            return False
    except FileNotFoundError:
        return False
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
    return True
