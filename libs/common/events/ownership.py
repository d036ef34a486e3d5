"""Sharing a fixed set of work (outbox shards, partitions) between processes by session advisory locks of PostgreSQL.

A lock ends with its session, so a killed process gives its share up at once and without a timeout. Each member takes its fair share: the
number of members is the number of sessions that hold the presence lock.
"""

import hashlib
from collections.abc import Sequence

from libs.common.events.connections import Connection

_MEMBERS = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((classid::bigint << 32) | objid::bigint) = $1
"""


def lock_key(*parts: str) -> int:
    """Return the 64-bit advisory lock key of a name."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big", signed=True)


class Ownership:
    """One member's share of `items`, held on one connection; when the connection is lost, so is the share."""

    def __init__(self, connection: Connection, namespace: str, items: Sequence[str]) -> None:
        self._connection = connection
        self._keys = {item: lock_key(namespace, item) for item in items}
        self._presence = lock_key(namespace, "", "present")
        self._joined = False
        self.held: set[str] = set()

    async def rebalance(self) -> bool:
        """Take free items up to the fair share and give back what is beyond it; return whether the share changed.

        Call it between two pieces of work: what is given back may be taken by another member at once.
        """
        if not self._joined:
            await self._connection.execute("SELECT pg_advisory_lock_shared($1)", self._presence)
            self._joined = True
        members = await self._connection.fetchval(_MEMBERS, self._presence)
        fair = -(-len(self._keys) // max(1, members))
        before = set(self.held)
        for item in sorted(self.held)[fair:]:
            await self._connection.execute("SELECT pg_advisory_unlock($1)", self._keys[item])
            self.held.discard(item)
        for item, key in self._keys.items():
            if len(self.held) >= fair:
                break
            if item not in self.held and await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", key):
                self.held.add(item)
        return before != self.held
