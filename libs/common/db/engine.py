"""One process's ways into its database: a bare pool for reads, an SQLAlchemy engine for writes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from libs.common.errors import Unavailable
from libs.common.events.connections import GONE

STATEMENT_TIMEOUT_MS = "15000"
SERVER_SETTINGS = {
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "idle_in_transaction_session_timeout": "60000",
    "TimeZone": "UTC",
    "jit": "off",
}
# One plan per statement serves every value: planning again for each cursor costs as much as the page. Not knowing the limit, the planner
# prefers the plan that starts at once, the walk along the index, which is what keyset paging lives on; so does the price of a page that is
# in memory or on flash.
READ_SETTINGS = {"plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1"}
ACQUIRE_TIMEOUT_SECONDS = 5.0

if TYPE_CHECKING:
    PoolConnection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    PoolConnection = asyncpg.pool.PoolConnectionProxy  # generic in its stubs only


class Database:
    """Opened once per process; `url` is the application role's, which owns nothing and cannot bypass row security.

    `committed` is called after each commit that left events in the outbox; the process wires it to the relay's waker.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._url, self._pool_size = url, pool_size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self.committed: Callable[[], None] = _nobody_waits
        self.engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=ACQUIRE_TIMEOUT_SECONDS,
            connect_args={"server_settings": SERVER_SETTINGS},
        )

    async def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """Return the read pool, opening it at the first call; raises Unavailable when the server cannot be reached."""
        if self._pool is not None:
            return self._pool
        async with self._opening:
            if self._pool is None:
                try:
                    self._pool = await asyncpg.create_pool(
                        self._url,
                        min_size=1,
                        max_size=self._pool_size,
                        server_settings=SERVER_SETTINGS | READ_SETTINGS,
                        timeout=ACQUIRE_TIMEOUT_SECONDS,
                        reset=_nothing_to_reset,
                    )
                except GONE as error:
                    raise Unavailable from error
        return self._pool

    async def acquire(self) -> PoolConnection:
        """Borrow a bare connection, to be given back by `release`; raises Unavailable when there is none in time."""
        pool = await self.pool()
        try:
            async with asyncio.timeout(ACQUIRE_TIMEOUT_SECONDS):  # the pool's own timeout would make a task of every acquire
                return await pool.acquire()
        except GONE as error:
            raise Unavailable from error

    async def release(self, connection: PoolConnection) -> None:
        """Give a connection back."""
        await (await self.pool()).release(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PoolConnection]:
        """Lend a bare connection, outside any transaction; a lost server becomes Unavailable."""
        connection = await self.acquire()
        try:
            yield connection
        except GONE as error:
            raise Unavailable from error
        finally:
            await self.release(connection)

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            await self._pool.close()
        await self.engine.dispose()


async def _nothing_to_reset(_: object) -> None:
    """Spare the round trip that forgets session state: reads leave none, their scope ends with the transaction."""


def _nobody_waits() -> None:
    """Stand in until a waker is wired."""


def is_gone(error: DBAPIError) -> bool:
    """Tell whether SQLAlchemy's error means that the server is away rather than that the statement is wrong."""
    cause = getattr(error.orig, "__cause__", None)
    return error.connection_invalidated or isinstance(cause, GONE)
