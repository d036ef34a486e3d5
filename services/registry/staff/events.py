"""Events of staff: the whole present state of posts and certificates each time, never a name."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from libs.common.events.catalogue import Event
from libs.common.events.topics import REGISTRY_STAFF, Topic


class HeldPost(BaseModel):
    """One post; `valid_to` is exclusive."""

    model_config = ConfigDict(frozen=True)
    post_id: UUID
    organisation_id: UUID
    role: str
    subject: str | None
    degree: str | None
    uses_it: bool
    makes_elearning: bool
    valid_from: date
    valid_to: date | None


class HeldCertificate(BaseModel):
    """One certificate."""

    model_config = ConfigDict(frozen=True)
    kind: str
    issued_on: date


class StaffEvent(Event):
    """What all events of a staff member carry."""

    TOPIC: ClassVar[Topic] = REGISTRY_STAFF

    staff_id: UUID
    posts: list[HeldPost]
    certificates: list[HeldCertificate]
    version: int

    @property
    def key(self) -> str:
        """The staff member's id."""
        return str(self.staff_id)

    @property
    def sequence(self) -> int:
        """The staff member's version."""
        return self.version


class StaffRegistered(StaffEvent):
    """A staff member is in the registry."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.staff.registered.v1"


class StaffChanged(StaffEvent):
    """The person or a post was changed."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.staff.changed.v1"


class StaffCertified(StaffEvent):
    """A certificate was added."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.staff.certified.v1"


class StaffLeft(StaffEvent):
    """The last open post ended."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.staff.left.v1"
