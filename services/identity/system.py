"""The service acting for itself (issuer, bootstrap, back-channel logout): a unit of work over all rows, without a caller's token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.common.auth.principal import EVERYWHERE, Grant, Principal, Reach
from libs.common.db.engine import Database
from libs.common.db.work import Origin
from libs.common.db.write import WriteSession
from libs.common.ids import new_id

EVERYTHING = Reach((EVERYWHERE,), None)


def system_principal(name: str) -> Principal:
    """Return the caller that the audit trail names `client:<name>`."""
    return Principal(
        account_id=name,
        grants=(Grant("platform_admin", EVERYWHERE),),
        scopes=frozenset({"identity.read", "identity.write"}),
        issued_at=0,
        expires_at=0,
        client_id=name,
    )


@asynccontextmanager
async def system_unit(database: Database, name: str, action: str) -> AsyncIterator[WriteSession]:
    """Open a transaction over all rows; it commits unless an exception leaves it."""
    origin = Origin(
        principal=system_principal(name), permission=action, request_id=str(new_id()), traceparent=None, headers={"if-match": "*"}
    )
    db = WriteSession(database, EVERYTHING, origin)
    try:
        await db.open()
        yield db
        await db.finish()
    finally:
        await db.close()
