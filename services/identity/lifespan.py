"""What lives as long as the API process: the login provider of its profile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from libs.common.settings import Profile
from services.identity.keycloak_provider import KeycloakProvider
from services.identity.provider import Provider
from services.identity.realm.document import read_realm
from services.identity.realm.server import administrator
from services.identity.sandbox_provider import SandboxProvider
from services.identity.settings import IdentitySettings, identity_settings


def open_provider(profile: Profile, settings: IdentitySettings) -> Provider:
    """Return the provider of the profile: the sandbox issuer's tables, or Keycloak."""
    if profile is Profile.SANDBOX:
        return SandboxProvider(settings)
    realm = read_realm(settings.realm_file, settings.public_url)
    platform_scopes = [scope.name for scope in realm.scopes if scope.default]
    return KeycloakProvider(administrator(settings, realm.realm), realm.realm, platform_scopes)


@asynccontextmanager
async def providing(app: FastAPI) -> AsyncIterator[None]:
    """Hold the provider."""
    app.state.provider = open_provider(app.state.settings.profile, identity_settings())
    yield
