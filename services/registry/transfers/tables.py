"""The table of transfers: what came of each decided dossier."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Table, path_column
from libs.common.db.policies import Access


class Transfer(Table, table=True):
    """The outcome of one dossier; the dossier id makes a repeated event harmless."""

    __tablename__ = "transfer"
    __access__: ClassVar[Access | None] = Access()

    dossier_id: str = Field(primary_key=True)
    learner_id: UUID
    from_school_code: str
    to_school_code: str
    effective_date: date
    outcome: str
    reason: str | None = None
    enrolment_id: UUID | None = Field(default=None, foreign_key="enrolment.enrolment_id")
    organisation_path: str = path_column()
    decided_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
