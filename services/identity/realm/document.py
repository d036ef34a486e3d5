"""Reading deploy/keycloak/realm.yaml: what the realm must be, as data."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

Representation = dict[str, Any]
PUBLIC_URL = "${public_url}"


class Mapper(BaseModel):
    """A protocol mapper: how a claim comes into the tokens."""

    model_config = ConfigDict(extra="forbid")

    name: str
    mapper: str
    config: dict[str, str]


class ClientScope(BaseModel):
    """An OAuth scope, with the claims it brings; `default` ones are in every token, others are given to clients one by one."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str
    default: bool = False
    in_token_scope: bool = True
    mappers: list[Mapper] = Field(default_factory=list)


class RealmClient(BaseModel):
    """A client that belongs to the platform itself; vendors' clients are data of the identity service."""

    model_config = ConfigDict(extra="forbid")

    client_id: str
    name: str
    public: bool
    redirect_uris: list[str]
    logout_uris: list[str]
    web_origins: list[str] = Field(default_factory=list)
    attributes: dict[str, str] = Field(default_factory=dict)


class Realm(BaseModel):
    """The whole file. `settings`, `attributes` and `user_profile` use Keycloak's own names."""

    model_config = ConfigDict(extra="forbid")

    realm: str
    settings: Representation
    scopes: list[ClientScope]
    clients: list[RealmClient]
    user_profile: Representation


def read_realm(path: Path, public_url: str = "") -> Realm:
    """Return the realm of a file with `${public_url}` filled in; raises pydantic.ValidationError for anything it does not know."""
    text = path.read_text(encoding="utf-8").replace(PUBLIC_URL, public_url.rstrip("/"))
    return Realm.model_validate(yaml.safe_load(text))
