"""`python -m services.identity.main realm plan|apply [--json]`: exit 0 when all is as the file says, 2 on drift, 1 on failure."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from services.identity.realm.document import read_realm
from services.identity.realm.plan import Difference
from services.identity.realm.server import RealmError, RealmServer, administrator
from services.identity.settings import IdentitySettings, identity_settings

DRIFT = 2


def server(settings: IdentitySettings) -> RealmServer:
    """Return the realm of the file on the Keycloak of the settings; raises RealmError when it cannot know its own address."""
    if not settings.public_url:
        raise RealmError("LIENTHONG_IDENTITY_PUBLIC_URL is not set: Keycloak must know where to send back-channel logouts.")
    realm = read_realm(settings.realm_file, settings.public_url)
    return RealmServer(administrator(settings, realm.realm), realm)


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m services.identity.main realm")
    parser.add_argument("action", choices=["plan", "apply"])
    parser.add_argument("--json", action="store_true", help="print the differences as JSON")
    chosen = parser.parse_args(arguments)
    try:
        realm = server(identity_settings())
        found = realm.plan() if chosen.action == "plan" else realm.apply()
    except RealmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(_as_json(chosen.action, found) if chosen.json else _as_text(chosen.action, found))
    return DRIFT if found and chosen.action == "plan" else 0


def _as_json(action: str, found: list[Difference]) -> str:
    return json.dumps({"action": action, "differences": [asdict(difference) for difference in found]}, ensure_ascii=False, indent=2) + "\n"


def _as_text(action: str, found: list[Difference]) -> str:
    if not found:
        return "The realm is as the file says.\n"
    lines = [
        f"{'~' if difference.found is not None else '+'} {difference.path}: {_short(difference.found)} → {_short(difference.wanted)}"
        for difference in found
    ]
    return "\n".join([*lines, f"{len(found)} difference(s){' applied' if action == 'apply' else ''}."]) + "\n"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 - a line of a terminal
