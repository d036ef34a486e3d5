"""Small files that are written whole or not at all."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    Json = dict[str, Any]


def read_json(file: Path) -> Json:
    """Return an object, empty when there is no such file."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def write_json(file: Path, content: Json, *, durable: bool = True) -> None:
    """Replace a private file in one step, so that a reader never meets half of it; nor, if `durable`, does a machine that lost power."""
    half = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        json.dump(content, target, ensure_ascii=False, indent=1)
        if durable:
            target.flush()
            os.fsync(target.fileno())
    half.replace(file)
