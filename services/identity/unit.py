"""What the services of this house need of a unit of work, whoever opened it: a request, a worker or the issuer."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db.columns import Table
from libs.common.events.catalogue import Event


class Unit(Protocol):
    """One transaction; events recorded in it reach the bus only if it commits."""

    session: AsyncSession

    def record(self, event: Event, row: Table | None = None) -> None:
        """Note an event of this transaction."""
