"""Clients as they are written and read."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.identity.accounts.schemas import GrantCreate, GrantOut

ClientId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{2,62}$")]
Scopes = Annotated[list[str], Field(max_length=20)]


class ClientCreate(BaseModel):
    """A vendor's application: what it may ask for (scopes) and where (grants); it needs both."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId
    name: str = Field(min_length=1, max_length=120)
    organisation_code: str = Field(max_length=64)
    scopes: Scopes
    grants: list[GrantCreate] = Field(default_factory=list, max_length=20)


class ClientChange(BaseModel):
    """What can change; a field that is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=120)
    scopes: Scopes | None = None
    disabled: bool | None = None


class ClientOut(BaseModel):
    """A client with those of its grants that the caller may know."""

    client_id: str
    name: str
    kind: Literal["vendor", "public"]
    organisation_code: str
    scopes: list[str]
    disabled_at: datetime | None
    grants: list[GrantOut]
    version: int


class ClientSecretOut(ClientOut):
    """The client with its secret, shown this once."""

    secret: str
