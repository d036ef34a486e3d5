"""Tables of staff, their posts and certificates."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlmodel import Field

from libs.common.db.columns import Aggregate, Table, id_column, path_column
from libs.common.db.policies import Access

OWN = "staff_id = (SELECT related_staff())"


class Staff(Aggregate, table=True):
    """A person who works in the sector; the organisation is that of the main post."""

    __tablename__ = "staff"
    __access__: ClassVar[Access | None] = Access(relation=OWN)

    staff_id: UUID = id_column()
    person_id: UUID = Field(foreign_key="person.person_id")
    ministry_code: str | None = None
    school_id: UUID = Field(foreign_key="organisation.organisation_id")
    role: str
    organisation_path: str = path_column()


class Post(Table, table=True):
    """What a staff member does at an organisation during a period."""

    __tablename__ = "post"
    __access__: ClassVar[Access | None] = Access(relation=OWN)

    post_id: UUID = id_column()
    staff_id: UUID = Field(foreign_key="staff.staff_id")
    organisation_id: UUID = Field(foreign_key="organisation.organisation_id")
    role: str
    subject: str | None = None
    degree: str | None = None
    uses_it: bool = False
    makes_elearning: bool = False
    period: Range[date] = Field(sa_type=DATERANGE)
    organisation_path: str = path_column()


class StaffCertificate(Table, table=True):
    """A certificate; the plans count those of kind `it`."""

    __tablename__ = "staff_certificate"
    __access__: ClassVar[Access | None] = Access(relation=OWN)

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.staff_id")
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    issued_on: date
    organisation_path: str = path_column()
