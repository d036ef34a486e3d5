"""Identifiers: UUID version 7, so that keys grow with time and indexes stay dense (RFC 9562 section 5.7)."""

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a new UUIDv7; safe to call from any thread or process."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    high = (milliseconds << 16) | 0x7000 | (random >> 62)
    low = (0b10 << 62) | (random & ((1 << 62) - 1))
    return UUID(int=(high << 64) | low)
