"""Events of norms: each carries the whole norm."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import ASSETS_NORM, Topic


class NormSet(Event):
    """A norm of a level as it is from now on; the last one of each key is kept for ever. `valid_to` is exclusive."""

    TYPE: ClassVar[str] = "vn.lienthong.assets.norm.set.v1"
    TOPIC: ClassVar[Topic] = ASSETS_NORM

    norm_id: UUID
    norm: str
    level: str
    value: int
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: str
    version: int

    @property
    def key(self) -> str:
        """The norm's id."""
        return str(self.norm_id)

    @property
    def sequence(self) -> int:
        """The norm's version."""
        return self.version
