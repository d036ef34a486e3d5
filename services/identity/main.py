"""The identity service: `python -m services.identity.main api|worker|migrate|openapi|bootstrap|realm|keys|sync`."""

from pathlib import Path

from libs.common.organisations import organisation_copy
from libs.common.service import Service
from services.identity import bootstrap, sync
from services.identity.accounts.events import AccountChanged, AccountCreated, AccountDisabled, AccountEnabled, GrantGiven, GrantWithdrawn
from services.identity.accounts.routes import router as accounts
from services.identity.clients.events import ClientAdmitted, ClientChanged
from services.identity.clients.routes import router as clients
from services.identity.grants.routes import router as grants
from services.identity.issuer import command as keys
from services.identity.issuer.lifespan import issuing
from services.identity.issuer.notices import notify_clients
from services.identity.issuer.routes import router as issuer
from services.identity.issuer.upkeep import keep_forgetting
from services.identity.lifespan import providing
from services.identity.me.routes import router as me
from services.identity.realm import command as realm
from services.identity.sessions.backchannel import knowing_issuer_keys
from services.identity.sessions.backchannel import router as backchannel
from services.identity.sessions.events import SessionRevoked
from services.identity.sessions.routes import router as sessions

SERVICE = Service(
    name="identity",
    title="Liên Thông identity",
    root=Path(__file__).parent,
    routers=[accounts, grants, sessions, clients, me, backchannel, issuer],
    events=[
        SessionRevoked,
        AccountCreated,
        AccountChanged,
        AccountDisabled,
        AccountEnabled,
        GrantGiven,
        GrantWithdrawn,
        ClientAdmitted,
        ClientChanged,
    ],
    consumers=[notify_clients, organisation_copy("identity")],
    jobs=[keep_forgetting],
    background=[issuing, providing, knowing_issuer_keys],
    commands={"bootstrap": bootstrap.run, "realm": realm.run, "keys": keys.run, "sync": sync.run},
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
