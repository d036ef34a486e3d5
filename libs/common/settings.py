"""Settings of a process, read from the environment (prefix LIENTHONG_)."""

from enum import StrEnum

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Profile(StrEnum):
    """Where a process runs: one machine with embedded engines, one machine with the full stack, or production."""

    SANDBOX = "sandbox"
    FULL = "full"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """What every service needs; a service adds its own in services/<name>/settings.py."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True)

    profile: Profile = Profile.SANDBOX
    database_url: SecretStr
    owner_url: SecretStr | None = None
    bus_url: SecretStr
    issuer: str
    jwks_url: str
    audience: str = "lienthong"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    worker_port: int | None = Field(
        default=None, ge=1, le=65535, description="where a worker tells its health and measurements; none when unset"
    )
    gateway_url: str = "http://127.0.0.1:8080"
    otlp_url: str | None = None
    log_level: str = "INFO"
    trace_share: float = Field(default=0.05, ge=0, le=1, description="share of new traces that are sampled")
    pool_size: int = Field(default=10, ge=1, le=200, description="connections for reads, and again for writes")
