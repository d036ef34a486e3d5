"""Tables of people."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Aggregate, Table, id_column, path_column
from libs.common.db.policies import Access

RELATED = "person_id = ANY ((SELECT related_people())::uuid[])"


class Person(Aggregate, table=True):
    """A person; learner, staff member and guardian are roles of one and the same person."""

    __tablename__ = "person"
    __access__: ClassVar[Access | None] = Access(relation=RELATED)

    person_id: UUID = id_column()
    full_name: str
    family_name: str
    middle_name: str
    given_name: str
    search_name: str
    birth_date: date
    birth_precision: str
    sex: int
    ethnicity: str | None = None
    warnings: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    organisation_path: str = path_column()


class PersonIdentifier(Table, table=True):
    """A typed identifier; nobody else may bear it."""

    __tablename__ = "person_identifier"
    __access__: ClassVar[Access | None] = Access(relation=RELATED)

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id")
    organisation_path: str = path_column()
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
