"""Secrets of one installation: generated once, kept in a file that only its owner can read."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from stack.engines.secret_file import kept_secret

if TYPE_CHECKING:
    from pathlib import Path

FILE = "secrets.json"


def _random() -> str:
    return secrets.token_urlsafe(32)


def _typed() -> str:
    """A password that people type: it satisfies the realm's policy (length, digit, lower case)."""
    return f"{secrets.token_hex(4)}-{secrets.token_hex(3)}-a1"


@dataclass(frozen=True, slots=True)
class Secrets:
    """`database`: the passwords of all roles are derived from it. `clients`: so are the secrets of vendor clients from this one."""

    database: str = field(default_factory=_random, repr=False)
    keycloak_admin: str = field(default_factory=_random, repr=False)
    clients: str = field(default_factory=_random, repr=False)
    demo_password: str = field(default_factory=_typed, repr=False)

    def client_secret(self, client_id: str) -> str:
        """Return the secret of a vendor client."""
        return hmac.new(self.clients.encode(), client_id.encode(), sha256).hexdigest()


def load(folder: Path) -> Secrets:
    """Return the secrets of the data folder, generated at the first call."""
    return Secrets(**json.loads(kept_secret(folder / FILE, lambda: json.dumps(asdict(Secrets()), indent=1))))
