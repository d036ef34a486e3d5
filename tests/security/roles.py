"""What roles.yaml says, read without the code under test."""

import re
from functools import cache
from typing import Any

import yaml

from tests.house.source import ROOT


@cache
def declared() -> dict[str, dict[str, list[str]]]:
    """Return every role as the file has it."""
    text = (ROOT / "libs" / "common" / "auth" / "roles.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def carries(role: str, permission: str, how: str) -> bool:
    """Tell whether the role carries the permission for an `organisation`'s rows, or by a `relation` only."""
    patterns = declared()[role].get(how, [])
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), permission) for pattern in patterns)


def scope_of(permission: str) -> str:
    """Return the OAuth scope that a machine needs besides (design, section 3)."""
    parts = permission.split(".")
    return parts[0] + (".read" if parts[-1] == "read" else ".write")
