"""Bare PostgreSQL connections of background loops, and how errors of a lost server are told from errors of the work itself."""

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection  # generic in its stubs only

# A peer killed with -9 must give up its locks soon: keepalives for a vanished host, the check interval while a statement is running.
_SETTINGS = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "2000",
    "idle_in_transaction_session_timeout": "60000",
    "TimeZone": "UTC",
    "jit": "off",
}
CONNECT_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 60.0

GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""The server is away, shutting down or out of resources; the same work succeeds once it is back."""

CROSSED = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
"""Two transactions got into each other's way (deadlock, serialisation); the same work succeeds when tried again."""


class TransientError(Exception):
    """Raised by a handler to say: nothing is wrong with the event, try again later without counting."""


def is_transient(error: BaseException) -> bool:
    """Tell whether trying again is enough, however long it takes."""
    return isinstance(error, (*GONE, *CROSSED, TransientError))


async def connect(url: str, purpose: str) -> Connection:
    """Open a connection that is visible in pg_stat_activity under its purpose."""
    settings = {**_SETTINGS, "application_name": f"lienthong {purpose}"[:63]}
    return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS, command_timeout=COMMAND_TIMEOUT_SECONDS, server_settings=settings)
