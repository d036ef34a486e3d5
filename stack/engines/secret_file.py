"""A secret kept in a file that only its owner can read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRIVATE = 0o600


def kept_secret(file: Path, make: Callable[[], str]) -> str:
    """Return the content of the file, made and written at the first call. Of two first calls at once, one wins and both return the same."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(half := file.with_name(f"{file.name}.{os.getpid()}"), make())
    try:
        os.link(half, file)  # fails where the file exists by now; a rename would replace it
    except FileExistsError:
        return file.read_text(encoding="utf-8")
    finally:
        half.unlink()
    return file.read_text(encoding="utf-8")


def write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read at any moment."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(text)
    file.chmod(PRIVATE)
