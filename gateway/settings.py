"""Settings of the gateway: one JSON document read by the renderer and by the pages application."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PACKAGE_ROOT = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=0, le=65535)]
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-]+:[0-9]{1,5}$", description="host:port")]


class Strict(BaseModel):
    """Base of the settings: unknown names are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Listen(Strict):
    """Where a socket listens."""

    host: str = "127.0.0.1"
    port: Port


class Rate(Strict):
    """A token bucket: `requests` may be spent at once and flow back evenly over `window_seconds`."""

    requests: int = Field(ge=1)
    window_seconds: int = Field(ge=1)


class Limits(Strict):
    """What one caller may use."""

    body_bytes: int = Field(default=1 << 20, ge=1, description="body of an ordinary request")
    import_bytes: int = Field(default=64 << 20, ge=1, description="body of an operation that takes a file")
    header_kib: int = Field(default=16, ge=4, le=96, description="all request headers together")
    token_bytes: int = Field(default=8192, ge=1024, description="the Authorization header")
    timeout_seconds: float = Field(default=15, gt=0)
    import_timeout_seconds: float = Field(default=300, gt=0)
    client: Rate = Field(default=Rate(requests=6000, window_seconds=60), description="of one client and subject with a token")
    anonymous: Rate = Field(default=Rate(requests=3000, window_seconds=60), description="of one address without a token")
    remembered_clients: int = Field(default=20_000, ge=100, description="buckets kept; the least used is forgotten first")
    connections: int = Field(default=20_000, ge=1, description="open connections of all clients")
    upstream_connections: int = Field(default=1024, ge=1)
    upstream_pending: int = Field(default=1024, ge=1)
    upstream_requests: int = Field(default=4096, ge=1)
    # Below the 5 s after which uvicorn closes an idle connection: the gateway must be the one that closes, or a POST meets a dead socket.
    upstream_idle_seconds: float = Field(default=4, gt=0)


class Health(Strict):
    """Active health checks and outlier detection."""

    path: str = "/health/ready"
    interval_seconds: float = Field(default=2, gt=0)
    consecutive_errors: int = Field(default=5, ge=1, description="server errors in a row until a host is set aside")
    ejection_seconds: float = Field(default=10, gt=0)


class GatewaySettings(Strict):
    """Everything the gateway needs to know."""

    listen: Listen = Listen(port=8080)
    admin: Listen = Listen(port=9901)
    public_url: str = "http://127.0.0.1:8080"
    issuer: str
    jwks_url: str = Field(pattern=r"^https?://")
    jwks_refresh_seconds: int = Field(
        default=2, ge=1, description="age of the key set at which it is fetched again, without a request waiting"
    )
    audience: str = "lienthong"
    clock_skew_seconds: int = Field(default=5, ge=1)
    services: dict[str, list[Address]] = Field(min_length=1, description="addresses of each service, by its name")
    pages: list[Address] = Field(default=["127.0.0.1:8081"], min_length=1)
    contracts: Path = Field(default=PACKAGE_ROOT / "services", description="folder with <service>/contract/openapi.json")
    open_prefixes: list[str] = Field(
        default=["/identity/oidc/", "/identity/v1/backchannel-logout"],
        description="open without a token though in no contract: a prefix ends in a slash, anything else is one path",
    )
    cors_origins: list[str] = Field(default=[], description="exact origins that browsers may call from")
    trusted_hops: int = Field(default=0, ge=0, description="proxies in front whose X-Forwarded-For is believed")
    tls: bool = Field(default=False, description="the public side speaks HTTPS (ended here or by the proxy in front)")
    access_log: Path | None = Field(default=None, description="default: access.log beside the configuration")
    drain_seconds: int = Field(default=30, ge=3, description="time for clients to leave connections of an old configuration")
    limits: Limits = Limits()
    health: Health = Health()


def load(path: Path) -> GatewaySettings:
    """Read the settings document. Raises `pydantic.ValidationError` naming each wrong field."""
    return GatewaySettings.model_validate_json(path.read_bytes())
