"""Argon2id hashes, computed in a thread and few at a time: each one takes 64 MiB."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
AT_ONCE = asyncio.Semaphore(2)
# Compared with when the name is unknown, so that an unknown name takes as long as a wrong password.
NOBODY = HASHER.hash("nobody has this password")


async def make_hash(password: str) -> str:
    """Return the argon2id hash in PHC form."""
    async with AT_ONCE:
        return await asyncio.to_thread(HASHER.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Tell whether the password belongs to the hash; takes the same time when there is none."""
    async with AT_ONCE:
        return await asyncio.to_thread(_verify, stored or NOBODY, password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
