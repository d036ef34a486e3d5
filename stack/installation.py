"""One installation: its data folder, profile, ports and secrets, and what every process of it is told through the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libs.common.settings import Profile
from stack import credentials, ports
from stack.engines.kafka import Kafka
from stack.engines.keycloak import ADMIN, Keycloak
from stack.engines.postgres import EmbeddedPostgres
from stack.files import read_json, write_json
from stack.orphans import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERVICES = ("identity", "registry", "insight", "assets", "egov", "learning")
REALM = "lienthong"
AUDIENCE = "lienthong"
BUS = "bus"
HOST = "127.0.0.1"
STATE = "state.json"
ROOT = Path(__file__).resolve().parent.parent


class WrongProfileError(RuntimeError):
    """The data folder was made with another profile: its events lie on another bus, its accounts with another issuer."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything that tells one installation from another."""

    folder: Path
    profile: Profile
    ports: Mapping[str, int]
    secrets: credentials.Secrets

    @property
    def full(self) -> bool:
        """Whether Kafka and Keycloak are part of it."""
        return self.profile is Profile.FULL

    @property
    def run_folder(self) -> Path:
        """Return the folder of notes about running processes."""
        return self.folder / "run"

    @property
    def logs_folder(self) -> Path:
        """Return the folder with one log for each process."""
        return self.folder / "logs"

    @property
    def postgres(self) -> EmbeddedPostgres:
        """Return the database engine."""
        return EmbeddedPostgres(self.folder / "postgres", self.ports["postgres"], password=self.secrets.database)

    @property
    def kafka(self) -> Kafka:
        """Return the broker of the full profile."""
        return Kafka(self.folder / "kafka", self.ports["kafka"], self.ports["kafka-controller"])

    @property
    def keycloak(self) -> Keycloak:
        """Return the identity provider of the full profile."""
        return Keycloak(self.folder / "keycloak", self.ports["keycloak"], admin_password=self.secrets.keycloak_admin)

    @property
    def gateway_url(self) -> str:
        """Return the public base address, without a slash at the end."""
        return self.url("gateway")

    @property
    def issuer(self) -> str:
        """Return the exact `iss` of access tokens."""
        return f"{self.keycloak.url}/realms/{REALM}" if self.full else f"{self.gateway_url}/identity/oidc"

    @property
    def jwks_url(self) -> str:
        """Return where the issuer's keys are, reached without the gateway."""
        return f"{self.issuer}/protocol/openid-connect/certs" if self.full else f"{self.url('identity')}/identity/oidc/jwks"

    @property
    def bus_url(self) -> str:
        """Return the address of the event bus."""
        return f"kafka://{self.kafka.bootstrap}" if self.full else self.postgres.url(BUS, f"{BUS}_app")

    def url(self, process: str) -> str:
        """Return the base address of a process."""
        return f"http://{HOST}:{self.ports[process]}"

    def base_environment(self) -> dict[str, str]:
        """Return the environment that all our Python processes share; the mark lets a later supervisor find them again."""
        return {
            **os.environ,
            MARK: str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
            "LIENTHONG_PROFILE": self.profile.value,
            "LIENTHONG_ISSUER": self.issuer,
            "LIENTHONG_JWKS_URL": self.jwks_url,
            "LIENTHONG_AUDIENCE": AUDIENCE,
            "LIENTHONG_HOST": HOST,
            "LIENTHONG_GATEWAY_URL": self.gateway_url,
            "LIENTHONG_BUS_URL": self.bus_url,
        }

    def environment(self, service: str, *, owner: bool = False) -> dict[str, str]:
        """Return the environment of a service's process; the owner's database role is given to migrations only."""
        environment = {
            **self.base_environment(),
            "LIENTHONG_PORT": str(self.ports[service]),
            "LIENTHONG_DATABASE_URL": self.postgres.url(service, f"{service}_app"),
        }
        if owner:
            environment["LIENTHONG_OWNER_URL"] = self.postgres.url(service, f"{service}_owner")
        if service == "learning":
            environment["LIENTHONG_LEARNING_STORAGE"] = f"file://{self.folder.resolve() / 'files'}"
        if service == "egov":
            environment["LIENTHONG_EGOV_REGISTRY_URL"] = self.url("registry")
        if service == "identity" and self.full:
            environment |= {
                "LIENTHONG_IDENTITY_KEYCLOAK_URL": self.keycloak.url,
                "LIENTHONG_IDENTITY_KEYCLOAK_ADMIN_USERNAME": ADMIN,
                "LIENTHONG_IDENTITY_KEYCLOAK_ADMIN_PASSWORD": self.secrets.keycloak_admin,
                "LIENTHONG_IDENTITY_PUBLIC_URL": self.url("identity"),
            }
        return environment


def create(folder: Path, profile: Profile | None, asked: Mapping[str, int], free: Callable[[int], bool] = ports.is_free) -> Installation:
    """Return the installation of a folder for a start: made when new, else as kept, with ports that are `free`.

    Raises WrongProfileError, PortTakenError.
    """
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    state = read_json(folder / STATE)
    kept = state.get("profile")
    if profile is not None and kept is not None and kept != profile.value:
        raise WrongProfileError(f"{folder} holds an installation of the profile {kept}; choose another folder with --data.")
    chosen = Profile(kept) if kept else profile or Profile.SANDBOX
    names = [name for name in ports.DEFAULTS if chosen is Profile.FULL or name not in ports.FULL_ONLY]
    given = {name: port for name, port in asked.items() if name in names}
    numbers = ports.choose(names, state.get("ports", {}), given, free, ports.owner)
    write_state(folder, profile=chosen.value, ports=numbers)
    return Installation(folder, chosen, numbers, credentials.load(folder))


def find(folder: Path) -> Installation | None:
    """Return the installation that a folder holds, as last started, or None."""
    state = read_json(folder / STATE)
    if "profile" not in state:
        return None
    return Installation(folder, Profile(state["profile"]), state["ports"], credentials.load(folder))


def write_state(folder: Path, **changes: Any) -> None:
    """Change what the folder remembers between runs."""
    write_json(folder / STATE, {**read_json(folder / STATE), **changes})
