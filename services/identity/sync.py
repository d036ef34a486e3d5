"""`python -m services.identity.main sync`: tell the provider the whole wanted state again.

For a provider that was restored, changed by hand, or told of something whose commit was then lost. Passwords and secrets are not kept here
and stay as they are there.
"""

import asyncio
import sys

from sqlalchemy import select
from sqlmodel import col

from libs.common.db.engine import Database
from libs.common.settings import Settings
from services.identity.accounts.tables import Account
from services.identity.clients.tables import Client, ClientKind
from services.identity.grants import service as grants
from services.identity.lifespan import open_provider
from services.identity.provider import Provider
from services.identity.settings import identity_settings
from services.identity.system import system_unit

ACTION = "identity.account.sync"


async def push_all(database: Database, provider: Provider) -> tuple[int, int]:
    """Push every account and every vendor's client; returns how many of each. Raises Unavailable."""
    async with system_unit(database, "sync", ACTION) as db:
        accounts = list(await db.session.scalars(select(Account).order_by(col(Account.account_id))))
        for account in accounts:
            held = await grants.claims_of_account(db, account.account_id)
            await provider.put_account(db, account, held, disabled=account.disabled_at is not None)
        clients = list(await db.session.scalars(select(Client).where(col(Client.kind) == ClientKind.VENDOR)))
        for client in clients:
            client.subject = await provider.put_client(db, client, await grants.claims_of_client(db, client.client_id))
    return len(accounts), len(clients)


def run(_: list[str]) -> int:
    """Run the command; returns the exit status."""
    settings = Settings()
    accounts, clients = asyncio.run(_run(settings))
    sys.stdout.write(f"{accounts} accounts and {clients} clients are pushed.\n")
    return 0


async def _run(settings: Settings) -> tuple[int, int]:
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        return await push_all(database, open_provider(settings.profile, identity_settings()))
    finally:
        await database.close()
