"""The issuer as part of the API process: opened in the sandbox profile, absent in every other one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.settings import Profile, Settings
from services.identity.issuer.context import Issuer
from services.identity.settings import identity_settings


@asynccontextmanager
async def issuing(app: FastAPI) -> AsyncIterator[None]:
    """Open the issuer; raises NotASandboxError, which keeps the process from starting, when it could be reached from elsewhere."""
    settings: Settings = app.state.settings
    if settings.profile is Profile.SANDBOX:
        app.state.issuer = Issuer.open(
            profile=settings.profile,
            url=settings.issuer,
            audience=settings.audience,
            host=settings.host,
            database=app.state.platform.database,
            settings=identity_settings(),
        )
    yield
