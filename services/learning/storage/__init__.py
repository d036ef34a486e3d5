"""The store of files: named by the SHA-256 of their bytes, so that the same file is kept once and a wrong one is noticed."""

import hashlib
import re
from collections.abc import AsyncIterator
from typing import IO, Final, Protocol

from libs.common.errors import Unavailable

PIECE_BYTES: Final = 256 * 1024
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Storage(Protocol):
    """Where files are kept."""

    async def put(self, sha256: str, file: IO[bytes], size: int) -> None:
        """Keep the file's bytes; does nothing where they are kept already. Raises Unavailable."""

    def read(self, sha256: str, start: int, end: int, size: int) -> AsyncIterator[bytes]:
        """Yield the bytes [start, end) of a file of `size` bytes; raises Unavailable, or CorruptFileError where they are not the file's."""

    async def close(self) -> None:
        """Let go of connections."""


class CorruptFileError(RuntimeError):
    """The store gave other bytes than were put into it; the answer is broken off, so that nobody takes them for the file."""


class StorageUnavailable(Unavailable):
    """The store of files does not answer."""

    slug = "storage-unavailable"
    title_vi = "Kho tệp tạm thời gián đoạn, xin thử lại"
    title_en = "The store of files is temporarily unavailable"


def key(sha256: str) -> str:
    """Return the file's place below the store's root: digits of the hash only, whatever was asked for. Raises ValueError."""
    if _SHA256.fullmatch(sha256) is None:
        raise ValueError("no SHA-256")
    return sha256[:2] + "/" + sha256[2:4] + "/" + sha256


async def verified(pieces: AsyncIterator[bytes], sha256: str, length: int, *, whole: bool) -> AsyncIterator[bytes]:
    """Pass the pieces on, holding the last one back until length and (for a whole file) hash are right; raises CorruptFileError."""
    digest, count, held = hashlib.sha256(), 0, b""
    async for piece in pieces:
        count += len(piece)
        if count > length:
            raise CorruptFileError(sha256)
        digest.update(piece)
        if held:
            yield held
        held = piece
    if count != length or (whole and digest.hexdigest() != sha256):
        raise CorruptFileError(sha256)
    if held:
        yield held
