"""Tables of learners and their spells of enrolment."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Aggregate, Table, id_column, path_column
from libs.common.db.policies import Access

# The learner, a guardian, the homeroom teacher of the class: decided in the database, for reading only.
RELATED = "learner_id = ANY ((SELECT related_learners())::uuid[])"


class Learner(Aggregate, table=True):
    """A person who learns; school, class, grade and status are those of the current (or last) spell."""

    __tablename__ = "learner"
    __access__: ClassVar[Access | None] = Access(relation=RELATED)

    learner_id: UUID = id_column()
    person_id: UUID = Field(foreign_key="person.person_id")
    ministry_code: str | None = None
    school_id: UUID | None = Field(default=None, foreign_key="organisation.organisation_id")
    class_id: UUID | None = Field(default=None, foreign_key="class.class_id")
    grade: int | None = None
    level: str | None = None
    status: str
    organisation_path: str = path_column()


class Enrolment(Table, table=True):
    """One spell at one school; a database constraint keeps a learner from being in two schools on any day."""

    __tablename__ = "enrolment"
    __access__: ClassVar[Access | None] = Access(relation=RELATED)

    enrolment_id: UUID = id_column()
    learner_id: UUID = Field(foreign_key="learner.learner_id")
    school_id: UUID = Field(foreign_key="organisation.organisation_id")
    class_id: UUID | None = Field(default=None, foreign_key="class.class_id")
    school_year: str = Field(foreign_key="school_year.school_year")
    grade: int | None = None
    level: str
    studies_informatics: bool = False
    status_from: str
    status_to: str | None = None
    period: Range[date] = Field(sa_type=DATERANGE)
    organisation_path: str = path_column()
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
