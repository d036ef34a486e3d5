"""The unit of work with SQLModel objects: rows are added, locked and changed in Python, and flushed before the last statement."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Reach
from libs.common.db.columns import Aggregate, Table
from libs.common.db.engine import Database
from libs.common.db.work import OPEN, Origin, UnitOfWork
from libs.common.errors import NotFound, Problem
from libs.common.http.conditional import require_match
from libs.common.http.idempotency import Repetition

Row = TypeVar("Row", bound=Table)


class WriteSession(UnitOfWork):
    """What a writing handler gets. Rows are added and locked here, events recorded, the answer built."""

    def __init__(self, database: Database, reach: Reach, origin: Origin, repetition: Repetition | None = None) -> None:
        super().__init__(database, reach, origin, repetition)
        self.session = AsyncSession(database.engine, expire_on_commit=False, autoflush=False)
        self._conflicts: dict[str, type[Problem]] = {}

    def add(self, *rows: Table) -> None:
        """Put new rows into the unit of work."""
        self.session.add_all(rows)

    def expect(self, **conflicts: type[Problem]) -> None:
        """Name the problem that the violation of a database constraint means."""
        self._conflicts.update(conflicts)

    async def flush(self) -> None:
        """Write the rows; a named constraint's violation is raised as its problem."""
        try:
            await self.session.flush()
        except IntegrityError as error:
            name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
            problem = self._conflicts.get(str(name))
            if problem is None:
                raise
            raise problem from error

    async def lock(self, kind: type[Row], key: UUID | str, *, match: bool = True) -> Row:
        """Return the row, locked until the end; raises NotFound, and 428 or 412 by If-Match unless `match` is off."""
        row = await self.session.get(kind, key, with_for_update=True)
        if row is None:
            raise NotFound
        if match and isinstance(row, Aggregate):
            require_match(self.origin.headers, row.version)
        path = getattr(row, "organisation_path", None)
        if path is not None:
            self._paths[kind.__name__, str(key)] = str(path)
        return row

    async def _begin(self, scope: tuple[Any, ...]) -> None:
        connection = await self.session.connection()
        await connection.exec_driver_sql(OPEN, scope)
        self._raw = (await connection.get_raw_connection()).driver_connection

    async def _commit(self) -> None:
        await self.session.commit()

    async def close(self) -> None:
        """Roll back whatever was not committed and give the connection back."""
        await self.session.close()
