"""The curriculum's table."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from libs.common.db.columns import Aggregate, id_column
from libs.common.db.policies import Access


class CurriculumPeriod(Aggregate, table=True):
    """Periods a year of one subject in one grade during [valid_from, valid_to): everybody reads it, only the whole platform changes it."""

    __tablename__ = "curriculum_period"
    __access__: ClassVar[Access | None] = None  # its policies name no organisation; the migration writes them

    period_id: UUID = id_column()
    level: str
    grade: int
    subject: str
    subject_vi: str
    subject_en: str
    kind: str
    assessed_by: str
    periods_per_year: int
    valid_from: date
    valid_to: date | None = None
    legal_basis: str
    certainty: str
    note: str = ""
