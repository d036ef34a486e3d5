"""The table of guardians."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Table, path_column
from libs.common.db.policies import Access


class Guardian(Table, table=True):
    """A person who may act for a child; the row stands where the child stands."""

    __tablename__ = "guardian"
    __access__: ClassVar[Access | None] = Access(
        relation="guardian_person_id = (SELECT scope_person()) OR learner_id = ANY ((SELECT related_learners())::uuid[])"
    )

    guardian_person_id: UUID = Field(primary_key=True, foreign_key="person.person_id")
    learner_id: UUID = Field(primary_key=True, foreign_key="learner.learner_id")
    relation: str
    organisation_path: str = path_column()
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
