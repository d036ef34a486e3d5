"""Events of contents: ids and what is public, no text."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import LEARNING_CONTENT, Topic


class ContentEvent(Event):
    """What all events of a content carry: its standing after the fact.

    While a version is approved, subject to kind are that version's and `state` is `approved`, whatever happens to a newer draft;
    otherwise they are those of the version that the event is about.
    """

    TOPIC: ClassVar[Topic] = LEARNING_CONTENT

    content_id: UUID
    version: int
    organisation_id: UUID
    subject: str
    level: str
    grade: int | None
    kind: str
    state: str
    approved_at: datetime | None

    @property
    def key(self) -> str:
        """The content's id."""
        return str(self.content_id)

    @property
    def sequence(self) -> int:
        """The content's version."""
        return self.version


class ContentDrafted(ContentEvent):
    """A draft was begun: of a new content, or a new version of a known one."""

    TYPE: ClassVar[str] = "vn.lienthong.learning.content.drafted.v1"


class ContentChanged(ContentEvent):
    """A draft was changed."""

    TYPE: ClassVar[str] = "vn.lienthong.learning.content.changed.v1"


class ContentSubmitted(ContentEvent):
    """A version was submitted for review and is frozen."""

    TYPE: ClassVar[str] = "vn.lienthong.learning.content.submitted.v1"


class ContentReturned(ContentEvent):
    """A version was returned to its author with reasons."""

    TYPE: ClassVar[str] = "vn.lienthong.learning.content.returned.v1"


class ContentApproved(ContentEvent):
    """A version was approved by somebody else than its authors; the province reads it from now on."""

    TYPE: ClassVar[str] = "vn.lienthong.learning.content.approved.v1"


class ContentWithdrawn(ContentEvent):
    """A content was taken away."""

    TYPE: ClassVar[str] = "vn.lienthong.learning.content.withdrawn.v1"
