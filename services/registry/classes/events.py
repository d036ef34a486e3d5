"""Events of classes and school years."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import REGISTRY_CLASS, REGISTRY_SCHOOL_YEAR, Topic


class ClassEvent(Event):
    """What all events of a class carry: the class as it is after the fact."""

    TOPIC: ClassVar[Topic] = REGISTRY_CLASS

    class_id: UUID
    school_id: UUID
    school_year: str
    grade: int | None
    level: str
    studies_informatics: bool
    name: str
    site_id: UUID | None
    version: int

    @property
    def key(self) -> str:
        """The class's id."""
        return str(self.class_id)

    @property
    def sequence(self) -> int:
        """The class's version."""
        return self.version


class ClassOpened(ClassEvent):
    """A class exists in a school year."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.class.opened.v1"


class ClassChanged(ClassEvent):
    """A class was changed."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.class.changed.v1"


class SchoolYearSet(Event):
    """A school year's days are fixed."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.school_year.set.v1"
    TOPIC: ClassVar[Topic] = REGISTRY_SCHOOL_YEAR

    school_year: str
    starts_on: date
    ends_on: date
    version: int

    @property
    def key(self) -> str:
        """The school year."""
        return self.school_year

    @property
    def sequence(self) -> int:
        """The school year's version."""
        return self.version
