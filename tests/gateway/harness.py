"""A gateway under test: real Envoy, toy services, a toy issuer with real keys."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet
from starlette.types import ASGIApp

from gateway.process import command
from gateway.render import render
from gateway.settings import GatewaySettings, Listen
from tests.gateway.toys import Reply, Request, Toy, echo

ISSUER = "http://issuer.test/identity/oidc"
SUBJECT = "01900000-0000-7000-8000-000000000001"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(check: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until the check holds. Raises AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "did not come about in time"
        time.sleep(0.02)


@dataclass
class Issuer:
    """Keys and tokens; `published` is what the key set shows."""

    toy: Toy
    key: ECKey
    published: list[Key] = field(default_factory=list)

    def token(self, *, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a signed token; a claim given as None is left out."""
        now = int(time.time())
        every = {"iss": ISSUER, "aud": ["lienthong"], "sub": SUBJECT, "azp": "vendor", "iat": now, "exp": now + 300, "jti": "t", **claims}
        signer = key or self.key
        content = {name: value for name, value in every.items() if value is not None}
        head = {"alg": "ES256", "kid": signer.kid, **(header or {})}
        return jwt.encode(head, content, signer, algorithms=[head["alg"]])

    def key_set(self, _request: Request) -> Reply:
        """Answer the key set."""
        return Reply(body=json.dumps(KeySet(self.published).as_dict(private=False)).encode())


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Run an issuer."""
    with Toy() as toy:
        key = ECKey.generate_key("P-256", parameters={"kid": "first", "use": "sig", "alg": "ES256"})
        made = Issuer(toy, key, [key])
        toy.script = made.key_set
        yield made


@dataclass
class Gateway:
    """A running gateway."""

    settings: GatewaySettings
    folder: Path
    issuer: Issuer
    services: dict[str, list[Toy]]
    client: httpx.Client
    admin: httpx.Client

    def request(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx.Response:
        """Send one request, with the given token or a good one; an empty token means none."""
        value = self.issuer.token() if token is None else token
        headers = [*dict(more.pop("headers", {})).items(), *([("authorization", f"Bearer {value}")] if value else [])]
        return self.client.request(method, path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Send a GET."""
        return self.request("GET", path, **more)

    def reload(self, **changes: Any) -> None:
        """Render again with changed settings."""
        self.settings = GatewaySettings.model_validate({**self.settings.model_dump(), **changes})
        render(self.settings, self.folder)

    def stat(self, name: str) -> int:
        """Return one of Envoy's counters or gauges."""
        stats = self.admin.get("/stats", params={"filter": f"^{name}$", "format": "json"}).json()["stats"]
        return int(stats[0]["value"]) if stats else 0


def write_contracts(folder: Path, contracts: dict[str, dict[str, Any]]) -> None:
    """Write the contracts where the renderer looks."""
    for name, document in contracts.items():
        place = folder / name / "contract"
        place.mkdir(parents=True, exist_ok=True)
        (place / "openapi.json").write_text(json.dumps(document), encoding="utf-8")


def ready(gateway: Gateway, *, with_keys: bool) -> bool:
    """Whether the listener answers and the key set has arrived."""
    try:
        if gateway.client.get("/nothing-here").status_code != 404:
            return False
        return not with_keys or gateway.stat("http.public.jwt_authn.jwks_fetch_success") > 0
    except httpx.TransportError:
        return False


@contextmanager
def run(
    folder: Path, contracts: dict[str, dict[str, Any]], *, replicas: int = 1, wait_for_keys: bool = True, **changes: Any
) -> Iterator[Gateway]:
    """Run a gateway before toy services, one per contract, until the block ends."""
    write_contracts(folder / "contracts", contracts)
    with ExitStack() as stack:
        keys = stack.enter_context(issuer())
        toys = {name: [stack.enter_context(Toy(echo)) for _ in range(replicas)] for name in [*contracts, "gateway-pages"]}
        addresses = {name: [toy.address for toy in group] for name, group in toys.items()}
        settings = GatewaySettings.model_validate(
            {
                "listen": Listen(port=free_port()),
                "admin": Listen(port=free_port()),
                "issuer": ISSUER,
                "jwks_url": f"http://{keys.toy.address}/jwks",
                "pages": addresses.pop("gateway-pages"),
                "services": addresses,
                "contracts": folder / "contracts",
                **changes,
            }
        )
        render(settings, folder / "envoy")
        log = stack.enter_context((folder / "envoy.log").open("wb"))
        process = subprocess.Popen(command(settings, folder / "envoy"), stderr=log, stdout=log)
        stack.callback(stop, process)
        client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{settings.listen.port}"))
        admin = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{settings.admin.port}"))
        gateway = Gateway(settings, folder / "envoy", keys, toys, client, admin)
        eventually(lambda: ready(gateway, with_keys=wait_for_keys))
        yield gateway


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread and return its base address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End Envoy."""
    process.terminate()
    process.wait(10)
