"""The table of norms, and the copy of the learners' spells."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field

from libs.common.db.columns import Aggregate, Table, id_column
from libs.common.db.policies import Access


class NormRow(Aggregate, table=True):
    """A norm during [valid_from, valid_to): everybody reads it, only the whole platform changes it."""

    __tablename__ = "norm"
    __access__: ClassVar[Access | None] = None  # its policies name no organisation; the migration writes them

    norm_id: UUID = id_column()
    key: str
    level: str
    value: int
    valid_from: date
    valid_to: date | None = None
    legal_basis: str
    certainty: str


class LearnerSpell(Table, table=True):
    """A learner's spell at a school and level during [valid_from, valid_to), as the registry's events told it."""

    __tablename__ = "learner_spell"
    __access__: ClassVar[Access | None] = None  # it carries no path: its policies go through organisation_path

    enrolment_id: UUID = id_column()
    school_id: UUID
    level: str
    valid_from: date
    valid_to: date | None = None
    version: int = Field(sa_type=BigInteger)
