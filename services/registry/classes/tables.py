"""Tables of school years and classes."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlmodel import Field

from libs.common.db.columns import Aggregate, id_column, path_column
from libs.common.db.policies import Access


class SchoolYear(Aggregate, table=True):
    """A school year of the whole sector: nobody's data in particular, so without row security."""

    __tablename__ = "school_year"

    school_year: str = Field(primary_key=True)
    starts_on: date
    ends_on: date


class SchoolClass(Aggregate, table=True):
    """A class of a school in a year; natural key (school, year, name)."""

    __tablename__ = "class"
    # A learner, a guardian and a homeroom teacher see the name of the class.
    __access__: ClassVar[Access | None] = Access(relation="class_id = ANY ((SELECT related_classes())::uuid[])")

    class_id: UUID = id_column()
    school_id: UUID = Field(foreign_key="organisation.organisation_id")
    school_year: str = Field(foreign_key="school_year.school_year")
    grade: int | None = None
    level: str
    name: str
    studies_informatics: bool = False
    homeroom_staff_id: UUID | None = Field(default=None, foreign_key="staff.staff_id")
    site_id: UUID | None = Field(default=None, foreign_key="organisation.organisation_id")
    organisation_path: str = path_column()
