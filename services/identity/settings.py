"""Settings of the identity service alone (prefix LIENTHONG_IDENTITY_)."""

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[2]


class IdentitySettings(BaseSettings):
    """Lifetimes in seconds; the defaults are the ones deploy/keycloak/realm.yaml sets for Keycloak."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_IDENTITY_", extra="ignore", frozen=True)

    access_token_seconds: int = Field(default=300, ge=30, le=300)
    session_idle_seconds: int = Field(default=1800, ge=60)
    session_seconds: int = Field(default=36_000, ge=60)
    code_seconds: int = Field(default=60, ge=5, le=600)
    login_seconds: int = Field(default=1800, ge=60, description="how long an opened login page can be sent")
    key_seconds: int = Field(default=30 * 86_400, ge=60, description="how long one key signs before the next takes over")
    key_ahead_seconds: int = Field(default=900, ge=0, description="published before use; longer than any verifier caches the JWKS")
    failures_before_lock: int = Field(default=5, ge=1)
    lock_seconds: int = Field(default=60, ge=1, description="first lock; grows by itself with each further failure")
    lock_most_seconds: int = Field(default=900, ge=1)

    realm_file: Path = REPOSITORY / "deploy" / "keycloak" / "realm.yaml"
    bootstrap_file: Path | None = None
    keycloak_url: str = "http://127.0.0.1:8180"
    keycloak_admin_username: str = "admin"
    keycloak_admin_password: SecretStr = SecretStr("")
    keycloak_admin_client_id: str = ""
    keycloak_admin_client_secret: SecretStr = SecretStr("")
    public_url: str = Field(default="", description="base that Keycloak reaches this service at, for back-channel logout")


@cache
def identity_settings() -> IdentitySettings:
    """Return the settings of this process, read once."""
    return IdentitySettings()
