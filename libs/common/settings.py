"""Settings of a process, read from the environment (prefix LIENTHONG_)."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Profile(StrEnum):
    """Where a process runs: one machine with embedded engines, one machine with the full stack, or production."""

    SANDBOX = "sandbox"
    FULL = "full"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """What every service needs; a service adds its own in services/<name>/settings.py."""

    # What is refused is named, never shown: the environment holds passwords.
    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True, hide_input_in_errors=True)

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


class KafkaProtocol(StrEnum):
    """How brokers are spoken to: TLS or not, with a user or without."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class KafkaMechanism(StrEnum):
    """How a user proves to be it."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class KafkaSettings(BaseSettings):
    """What connections to Kafka need besides the address; half of a security is refused, it would pass for a whole one."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_KAFKA_", extra="ignore", frozen=True, hide_input_in_errors=True)

    security: KafkaProtocol = KafkaProtocol.PLAINTEXT
    mechanism: KafkaMechanism = KafkaMechanism.SCRAM_SHA_512
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = Field(default=None, description="PEM of who signed the brokers' certificates; the system's when unset")

    @property
    def tls(self) -> bool:
        """Tell whether connections are encrypted."""
        return self.security in {KafkaProtocol.SSL, KafkaProtocol.SASL_SSL}

    @property
    def sasl(self) -> bool:
        """Tell whether a user signs in."""
        return self.security in {KafkaProtocol.SASL_PLAINTEXT, KafkaProtocol.SASL_SSL}

    @model_validator(mode="after")
    def _whole(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        security = f"LIENTHONG_KAFKA_SECURITY={self.security}"
        if self.sasl and not (self.username and self.password):
            raise ValueError(f"{security} needs LIENTHONG_KAFKA_USERNAME and LIENTHONG_KAFKA_PASSWORD")
        if not self.sasl and (self.username or self.password):
            raise ValueError(f"{security} signs nobody in, yet LIENTHONG_KAFKA_USERNAME or LIENTHONG_KAFKA_PASSWORD is set")
        if self.ca_file and not self.tls:
            raise ValueError(f"{security} is not encrypted, yet LIENTHONG_KAFKA_CA_FILE is set")
        if self.sasl and not self.tls and self.mechanism is KafkaMechanism.PLAIN:
            raise ValueError(f"{security} would send the password readably; LIENTHONG_KAFKA_MECHANISM=PLAIN needs SASL_SSL")
        return self
