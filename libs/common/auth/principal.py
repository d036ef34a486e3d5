"""The caller as the token describes them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from libs.common.auth.permissions import oauth_scope_for, roles

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at an organisation; the claim's form is `role@ORGANISATION_CODE`, `*` for the whole platform."""

    role: str
    organisation_code: str

    @classmethod
    def parse(cls, text: str) -> "Grant":
        """Read `role@CODE`; raises ValueError when it is not of that form."""
        role, at, code = text.partition("@")
        if not (role and at and code):
            raise ValueError(text)
        return cls(role, code)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a permission holds: under these organisation codes, and (relation) for rows that concern the person."""

    organisation_codes: tuple[str, ...]
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `session_id` is None for machine clients, which need an OAuth scope besides their grant."""

    account_id: str
    grants: tuple[Grant, ...]
    scopes: frozenset[str]
    issued_at: float
    expires_at: float
    client_id: str | None = None
    session_id: str | None = None
    person_id: UUID | None = None
    username: str | None = None
    _reaches: dict[str, Reach | None] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> "Principal":
        """Build the principal from verified claims; raises ValueError on a malformed claim."""
        return cls(
            account_id=str(claims["sub"]),
            grants=tuple(Grant.parse(grant) for grant in claims.get("grants", ())),
            scopes=frozenset(str(claims.get("scope", "")).split()),
            issued_at=float(claims["iat"]),
            expires_at=float(claims["exp"]),
            client_id=claims.get("azp") or claims.get("client_id"),
            session_id=claims.get("sid"),
            person_id=UUID(claims["person_id"]) if claims.get("person_id") else None,
            username=claims.get("preferred_username"),
        )

    @property
    def is_machine(self) -> bool:
        """A client acting for itself, not for a person who signed in."""
        return self.session_id is None

    @property
    def actor(self) -> str:
        """The name written to the audit trail."""
        return f"client:{self.client_id}" if self.is_machine else f"account:{self.account_id}"

    def reach(self, permission: str) -> Reach | None:
        """Return where the permission holds, or None when no grant carries it."""
        if permission not in self._reaches:
            self._reaches[permission] = self._find_reach(permission)
        return self._reaches[permission]

    def _find_reach(self, permission: str) -> Reach | None:
        if self.is_machine and oauth_scope_for(permission) not in self.scopes:
            return None
        held = [(roles()[grant.role], grant.organisation_code) for grant in self.grants if grant.role in roles()]
        codes = tuple(sorted({code for role, code in held if role.reaches_organisation(permission)}))
        related = any(role.reaches_relation(permission) for role, _ in held)
        person_id = self.person_id if related else None
        return Reach(codes, person_id) if codes or related else None
