"""Accounts as they are written and read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Username = Annotated[str, Field(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]+$")]
Password = Annotated[SecretStr, Field(max_length=256)]


class GrantCreate(BaseModel):
    """A role at an organisation; `*` is the whole platform."""

    model_config = ConfigDict(extra="forbid")

    role: str = Field(max_length=64)
    organisation_code: str = Field(max_length=64)


class GrantOut(BaseModel):
    """A grant in the caller's scope."""

    grant_id: UUID
    role: str
    organisation_code: str


class AccountCreate(BaseModel):
    """A new account; without a password nobody can sign in with it yet."""

    model_config = ConfigDict(extra="forbid")

    username: Username
    name: str = Field(min_length=1, max_length=120)
    organisation_code: str = Field(max_length=64)
    person_id: UUID | None = None
    password: Password | None = None
    grants: list[GrantCreate] = Field(default_factory=list, max_length=20)


class AccountChange(BaseModel):
    """What can change; a field that is left out stays. A new password ends every session of the account."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=120)
    person_id: UUID | None = None
    password: Password | None = None


class AccountOut(BaseModel):
    """An account with those of its grants that the caller may know."""

    account_id: UUID
    username: str
    name: str
    organisation_code: str
    person_id: UUID | None
    disabled_at: datetime | None
    grants: list[GrantOut]
    version: int
