"""The caller about itself."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class HeldRole(BaseModel):
    """A role with the organisation it holds at; name and kind are null for the platform, or before the organisation is known here."""

    role: str
    organisation_code: str
    organisation_name: str | None
    organisation_kind: str | None


class MeOut(BaseModel):
    """Who calls: an account, or a client that acts for itself."""

    kind: Literal["account", "client"]
    id: str
    username: str | None
    name: str
    person_id: UUID | None
    scopes: list[str]
    grants: list[HeldRole]
