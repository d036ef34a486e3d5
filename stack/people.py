"""The accounts and vendor clients of an installation, handed to identity as a file that only we can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stack.commands import run_logged
from stack.files import read_json, write_json
from stack.installation import STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stack.installation import Installation

    Demo = Callable[[Mapping[str, str] | None], dict[str, Any]]

FILE_VARIABLE = "LIENTHONG_IDENTITY_BOOTSTRAP_FILE"
LOADED = "worlds"
ACCOUNT_FIELDS = ("username", "name", "grants", "person_id", "organisation_code")
CLIENT_FIELDS = ("client_id", "name", "scopes", "grants", "organisation_code")


def demo_people(people: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the demonstration world's accounts and clients, without secrets."""
    from stack.world.accounts import demo  # noqa: PLC0415 - what does not load a world needs none of it

    return demo(people)


def accounts_at_hand(installation: Installation) -> list[dict[str, Any]]:
    """Return the accounts that mean something here: those of a world that is not loaded are left out."""
    from stack.world.catalogue import ACCOUNT_PREFIXES  # noqa: PLC0415 - what does not load a world needs none of it

    loaded = read_json(installation.folder / STATE).get(LOADED, {})
    hidden = tuple(prefix for name, prefix in ACCOUNT_PREFIXES.items() if name not in loaded)
    return [account for account in demo_people()["accounts"] if not account["username"].startswith(hidden)]


def known_people(installation: Installation) -> dict[str, str]:
    """Return the persons behind user names, as far as worlds are loaded."""
    worlds = read_json(installation.folder / STATE).get(LOADED, {})
    return {username: person for world in worlds.values() for username, person in world.get("people", {}).items()}


def with_secrets(installation: Installation, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with this installation's passwords and client secrets."""
    secrets = installation.secrets
    return {
        "accounts": [{**_only(account, ACCOUNT_FIELDS), "password": secrets.demo_password} for account in document["accounts"]],
        "clients": [
            {**_only(client, CLIENT_FIELDS), "secret": secrets.client_secret(client["client_id"])} for client in document["clients"]
        ],
    }


def _only(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that identity knows and that have a value."""
    return {name: document[name] for name in fields if document.get(name) is not None}


def document(installation: Installation, demo: Demo = demo_people) -> dict[str, Any]:
    """Return what identity is told: everybody, with the persons that loaded worlds have put behind them."""
    return with_secrets(installation, demo(known_people(installation)))


async def bootstrap(installation: Installation, demo: Demo = demo_people) -> None:
    """Let identity create or complete accounts and clients; repeating it changes nothing. Raises CommandFailedError."""
    file = installation.folder / "bootstrap.json"
    write_json(file, document(installation, demo))
    environment = {**installation.environment("identity", owner=True), FILE_VARIABLE: str(file)}
    try:
        await run_logged(installation, "identity-bootstrap", environment, "services.identity.main", "bootstrap")
    finally:
        file.unlink(missing_ok=True)
