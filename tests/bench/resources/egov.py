"""Dossiers of school transfers.

What is created is a count of documents: a draft of a dossier asks the registry first, so its time is not this service's own.
"""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.egov.dossiers import queries
from services.egov.dossiers.schemas import DossierOut
from tests.bench.resource import TREE, Creation, Naive, Resource, bare, bare_page

PATH = "/egov/v1/dossiers"
INSTANT = DateTime(timezone=True)
FILL = (
    *TREE,
    """INSERT INTO dossier (dossier_id, procedure_code, code, tracking_key, channel, stage, status, applicant_name, relation_verified,
           learner_id, learner_name, learner_birth_date, grade, level, sending_school_name, sending_province, receiving_school_id,
           receiving_school_code, receiving_school_name, ground, papers, submitted_at, received_at, due_at, original_due_at,
           reappointments, owner, waiting_since, step_due_at, supplements_at_intake, supplements_while_handling, attempt, learner_version,
           organisation_path, version, created_at, updated_at)
       SELECT row_id, '2.002854', 'H38-' || n, 'K' || n, 'counter', 'received', 2, 'Lý Văn An', true, other_id, 'Lý Thị Mai ' || n,
           '2017-03-04', 3, 'primary', 'Trường cũ', 'Yên Bái', organisation_id, code, name, 'moves_home', '[]', now(), now(), now(), now(),
           0, 'receiving_school', now(), now() + interval '5 days', 0, 0, 1, 0, path, 1, now(), now()
       FROM bench_place""",
)


class NaiveDossier(Naive, table=True):
    """The table as a tutorial would write it down."""

    __tablename__ = "dossier"

    dossier_id: UUID = Field(primary_key=True)
    procedure_code: str
    code: str | None
    tracking_key: str | None
    channel: str
    stage: str
    status: int | None
    applicant_person_id: UUID | None
    applicant_name: str
    applicant_phone: str | None
    relation_verified: bool
    learner_id: UUID | None
    learner_name: str
    learner_birth_date: str
    grade: int | None
    level: str | None
    sending_school_id: UUID | None
    sending_school_code: str | None
    sending_school_name: str
    sending_province: str | None
    receiving_school_id: UUID
    receiving_school_code: str
    receiving_school_name: str
    ground: str
    explanation: str | None
    papers: list[dict[str, Any]] = Field(sa_type=JSONB)
    missing_papers: list[str] = Field(sa_type=JSONB)
    submitted_at: datetime | None = Field(sa_type=INSTANT)
    received_at: datetime | None = Field(sa_type=INSTANT)
    due_at: datetime | None = Field(sa_type=INSTANT)
    original_due_at: datetime | None = Field(sa_type=INSTANT)
    reappointments: int
    decided_at: datetime | None = Field(sa_type=INSTANT)
    finished_at: datetime | None = Field(sa_type=INSTANT)
    on_time: bool | None
    owner: str | None
    waiting_since: datetime = Field(sa_type=INSTANT)
    step_due_at: datetime | None = Field(sa_type=INSTANT)
    supplements_at_intake: int
    supplements_while_handling: int
    class_id: UUID | None
    effective_date: date | None
    attempt: int
    flag_reason: str | None
    learner_class_id: UUID | None
    clock: dict[str, Any] | None = Field(sa_type=JSONB)
    version: int
    created_at: datetime = Field(sa_type=INSTANT)
    updated_at: datetime = Field(sa_type=INSTANT)


async def naive(db: AsyncSession, key: UUID) -> DossierOut:
    """Read the object."""
    dossier = await db.get_one(NaiveDossier, key)
    return DossierOut.model_validate({**dossier.model_dump(), "overdue": False})


DAYS = count()


def counted() -> dict[str, Any]:
    """Return the documents of a day that nobody has counted yet."""
    day = next(DAYS)
    on = (date(2000, 1, 1) + timedelta(days=day // 400)).isoformat()
    return {"organisation_code": f"S{1 + day % 400}", "period_start": on, "period_end": on, "incoming": 12, "outgoing": 9}


RESOURCE = Resource(
    grant="province_officer@P",
    fill=FILL,
    keys="SELECT dossier_id FROM dossier",
    read=PATH + "/{key}",
    page=PATH + "?receiving=S7",
    every=PATH,
    bare=bare(queries.DOSSIER, "dossier_id"),
    bare_page=bare_page(queries.DOSSIERS, receiving="S7"),
    naive=naive,
    out=DossierOut,
    creation=Creation("/egov/v1/document-counts", body=lambda: {"items": [counted()]}, flat=counted, method="PUT"),
)
