"""What other services may know of accounts: ids and what changed, no names."""

from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import IDENTITY_ACCOUNT, Topic


class AccountEvent(Event):
    """Base of the account's facts."""

    TOPIC: ClassVar[Topic] = IDENTITY_ACCOUNT

    account_id: UUID
    version: int

    @property
    def key(self) -> str:
        """The account."""
        return str(self.account_id)

    @property
    def sequence(self) -> int:
        """The account's version."""
        return self.version


class AccountCreated(AccountEvent):
    """An account was made at its home organisation."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.account.created.v1"

    organisation_code: str
    person_id: UUID | None


class AccountChanged(AccountEvent):
    """Name, person or password of an account changed; `fields` says which."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.account.changed.v1"

    fields: list[str]


class AccountDisabled(AccountEvent):
    """An account was shut; its sessions are revoked."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.account.disabled.v1"


class AccountEnabled(AccountEvent):
    """An account was opened again."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.account.enabled.v1"


class GrantGiven(AccountEvent):
    """An account got a role at an organisation."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.grant.given.v1"

    role: str
    organisation_code: str


class GrantWithdrawn(AccountEvent):
    """An account lost a role at an organisation."""

    TYPE: ClassVar[str] = "vn.lienthong.identity.grant.withdrawn.v1"

    role: str
    organisation_code: str
