"""The client: an application that asks for tokens."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import String
from sqlmodel import Field

from libs.common.db.columns import Aggregate, path_column
from libs.common.db.policies import Access
from libs.common.ids import new_id
from services.identity.columns import instant_or_none, texts


class ClientKind(StrEnum):
    """A vendor's server (secret, client credentials) or a public front-end (code with PKCE)."""

    VENDOR = "vendor"
    PUBLIC = "public"


class Client(Aggregate, table=True):
    """Visible to officers of the organisation that admitted it; `subject` is the `sub` of its own tokens."""

    __tablename__ = "client"
    __access__: ClassVar[Access | None] = Access()

    client_id: str = Field(primary_key=True)
    name: str
    kind: ClientKind = Field(sa_type=String)
    subject: UUID = Field(default_factory=new_id)
    scopes: list[str] = texts()
    redirect_uris: list[str] = texts()
    logout_uris: list[str] = texts()
    backchannel_logout_uri: str | None = None
    organisation_code: str
    organisation_path: str = path_column()
    disabled_at: datetime | None = instant_or_none()
