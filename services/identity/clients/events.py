"""What other services may know of clients."""

from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import IDENTITY_ACCOUNT, Topic


class ClientEvent(Event):
    """Base of the client's facts; `subject` is the `sub` of its tokens."""

    TOPIC: ClassVar[Topic] = IDENTITY_ACCOUNT

    subject: UUID
    client_id: str
    version: int

    @property
    def key(self) -> str:
        """The client's subject."""
        return str(self.subject)

    @property
    def sequence(self) -> int:
        """The client's version."""
        return self.version


class ClientAdmitted(ClientEvent):
    """A vendor's client was admitted by an organisation."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.client.admitted.v1"

    organisation_code: str
    scopes: list[str]


class ClientChanged(ClientEvent):
    """Name, scopes, grants, secret or state of a client changed; `fields` says which."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.client.changed.v1"

    fields: list[str]
