"""Roles as data: which permission a role carries, and whether for an organisation's rows or only for related ones."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROLES_FILE = Path(__file__).with_name("roles.yaml")


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permission patterns."""

    name: str
    organisation: tuple[str, ...]
    relation: tuple[str, ...]

    def reaches_organisation(self, permission: str) -> bool:
        """Tell whether the role carries the permission for all rows under the organisation of its grant."""
        return any(fnmatchcase(permission, pattern) for pattern in self.organisation)

    def reaches_relation(self, permission: str) -> bool:
        """Tell whether the role carries the permission for rows related to the person."""
        return any(fnmatchcase(permission, pattern) for pattern in self.relation)


@lru_cache(maxsize=1)
def roles() -> dict[str, Role]:
    """Return every role by name, as roles.yaml declares them."""
    declared: dict[str, dict[str, Any]] = yaml.safe_load(ROLES_FILE.read_text(encoding="utf-8"))
    return {
        name: Role(name, tuple(patterns.get("organisation", ())), tuple(patterns.get("relation", ())))
        for name, patterns in declared.items()
    }


def oauth_scope_for(permission: str) -> str:
    """Return the OAuth scope that a machine client needs besides its grant: `<service>.read` or `<service>.write`."""
    service, _, verb = permission.split(".", 2)
    return f"{service}.{'read' if verb == 'read' else 'write'}"
