"""Files in a folder: written beside, flushed to the disk, then given their name in one step, so that no half file ever bears a hash."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool

from services.learning.storage import PIECE_BYTES, StorageUnavailable, key, verified


class FolderStorage:
    """A store on this machine's disk, or on a volume that all processes mount."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, sha256: str, file: IO[bytes], size: int) -> None:
        """Keep the file's bytes."""
        try:
            await run_in_threadpool(self._put, sha256, file, size)
        except OSError as error:
            raise StorageUnavailable from error

    def _put(self, sha256: str, file: IO[bytes], size: int) -> None:
        place = self._root / key(sha256)
        if place.is_file() and place.stat().st_size == size and _hash(place) == sha256:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=".incoming-", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as target:
                file.seek(0)
                shutil.copyfileobj(file, target, PIECE_BYTES)
                target.flush()
                os.fsync(target.fileno())
            Path(beside).replace(place)
            _flush(place.parent)
        finally:
            Path(beside).unlink(missing_ok=True)

    async def read(self, sha256: str, start: int, end: int, size: int) -> AsyncIterator[bytes]:
        """Yield the bytes [start, end)."""
        try:
            file = await run_in_threadpool((self._root / key(sha256)).open, "rb")
        except OSError as error:
            raise StorageUnavailable from error
        try:
            pieces = _pieces(file, start, end)
            async for piece in verified(pieces, sha256, end - start, whole=end - start == size):
                yield piece
        finally:
            file.close()

    async def close(self) -> None:
        """Nothing is held open."""


async def _pieces(file: IO[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    file.seek(start)
    left = end - start
    while left and (piece := await run_in_threadpool(file.read, min(PIECE_BYTES, left))):
        left -= len(piece)
        yield piece


def _hash(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(folder: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
