"""The rows of dossiers as statements read and write them; columns, constraints and policies stand in the migration."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel import Field

from libs.common.db.columns import Table
from services.egov.dossiers.rules import Side, Stage


class Dossier(Table):
    """One dossier.

    `organisation_path` is where the receiving school stood when the row was last written: audit and feed use it, row security asks the tree
    itself. `judged_by` is the due date by which a decision is on time: a new appointment that was told too late does not move it.
    `learner_school_id`, `learner_class_id` and `learner_version` follow the registry's events.
    """

    __tablename__: ClassVar[str] = "dossier"

    dossier_id: UUID
    procedure_code: str
    code: str | None = None
    tracking_key: str
    channel: str
    stage: Stage = Stage.DRAFT
    status: int | None = None
    applicant_person_id: UUID | None = None
    applicant_name: str
    applicant_phone: str | None = None
    relation_verified: bool
    learner_id: UUID | None = None
    learner_person_id: UUID | None = None
    learner_name: str
    learner_birth_date: str
    grade: int | None = None
    level: str | None = None
    sending_school_id: UUID | None = None
    sending_school_code: str | None = None
    sending_school_name: str
    sending_province: str | None = None
    receiving_school_id: UUID
    receiving_school_code: str
    receiving_school_name: str
    ground: str
    explanation: str | None = None
    papers: list[dict[str, Any]] = Field(default_factory=list)
    missing_papers: list[str] = Field(default_factory=list)
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    clock_started_at: datetime | None = None
    due_at: datetime | None = None
    original_due_at: datetime | None = None
    judged_by: datetime | None = None
    reappointments: int = 0
    decided_at: datetime | None = None
    finished_at: datetime | None = None
    on_time: bool | None = None
    owner: Side | None = Side.APPLICANT
    waiting_since: datetime
    step_due_at: datetime | None = None
    supplements_at_intake: int = 0
    supplements_while_handling: int = 0
    class_id: UUID | None = None
    effective_date: date | None = None
    attempt: int = 1
    flag_reason: str | None = None
    learner_school_id: UUID | None = None
    learner_class_id: UUID | None = None
    learner_version: int = 0
    clock: dict[str, Any] | None = None
    organisation_path: str
    version: int = 1
    created_at: datetime
    updated_at: datetime


class Step(Table):
    """One thing that was done: the timeline of a dossier. `due_at` is when it was due, `on_time` whether it came by then."""

    __tablename__: ClassVar[str] = "dossier_step"

    dossier_id: UUID
    number: int
    action: str
    stage: Stage
    status: int | None
    side: Side
    actor: str
    at: datetime
    due_at: datetime | None
    on_time: bool | None
    form: str | None
    details: dict[str, Any]
