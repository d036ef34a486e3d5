"""Bodies and answers of dossiers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.common.validation import FieldRuleError
from services.egov.dossiers.rules import Action, Side, Stage
from services.egov.fields import Day, Input, OrganisationCode, PersonName, Text

Channel = Literal["online", "counter", "post"]
Ground = Literal["moves_home", "hardship", "other"]


class PaperGiven(Input):
    """A paper that comes with the dossier: its key in the procedure, and what it is called."""

    key: Annotated[str, Field(min_length=1, max_length=60)]
    name: Text | None = None


class OutsideSchool(Input):
    """A school of another province, where this platform keeps no register; the learner is described by who files."""

    school_name: Text
    province: Text
    learner_name: PersonName
    learner_birth_date: Annotated[date, Field(ge=date(1990, 1, 1), le=date(2099, 12, 31))]
    grade: Annotated[int, Field(ge=0, le=12)]


class LearnerPapers(Input):
    """What the papers say that a parent brings to a desk; the registry knows the learner when all three agree."""

    ministry_code: Annotated[str, Field(min_length=1, max_length=60, examples=["9100000017"])]
    full_name: PersonName
    birth_date: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$", examples=["2015-03-02"])]


class DossierDraft(Input):
    """A school transfer: the learner (in the registry, or from another province), the wanted school, the ground."""

    learner_id: UUID | None = Field(default=None, description="a learner of this province, whom the caller may read in the registry")
    learner: LearnerPapers | None = Field(default=None, description="at a desk: a learner of another school of this province")
    outside: OutsideSchool | None = None
    receiving_school_code: OrganisationCode
    applicant_name: PersonName
    applicant_phone: Annotated[str | None, Field(default=None, pattern=r"^\+?[0-9]{9,14}$")] = None
    ground: Ground
    explanation: Text | None = None
    channel: Channel = "online"
    papers: Annotated[list[PaperGiven], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if sum(origin is not None for origin in (self.learner_id, self.learner, self.outside)) != 1:
            vi, en = "Cần đúng một trong learner_id, learner và outside.", "Give exactly one of learner_id, learner and outside."
            raise FieldRuleError("one_of", vi, en)
        return self


class DossierEdit(Input):
    """A change by the applicant before the decision; what is absent stays."""

    applicant_phone: Annotated[str | None, Field(default=None, pattern=r"^\+?[0-9]{9,14}$")] = None
    ground: Ground | None = None
    explanation: Text | None = None
    papers: Annotated[list[PaperGiven] | None, Field(default=None, max_length=20)] = None


class ReasonGiven(Input):
    """A reason by its code, with the values of its placeholders."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$", examples=["BS02"])]
    values: dict[Annotated[str, Field(max_length=40)], Text] = Field(default_factory=dict)


Reasons = Annotated[list[ReasonGiven], Field(min_length=1, max_length=10)]


class SupplementRequest(Input):
    """What is missing, all at once; a further request of the same kind is made by whoever may decide, with a reason."""

    reasons: Reasons
    supervisor_reason: Text | None = None


class Refusal(Input):
    """Why the dossier is not accepted, or refused."""

    reasons: Reasons


class Supplemented(Input):
    """What the applicant adds: papers, or a note where nothing but words was asked for."""

    papers: Annotated[list[PaperGiven], Field(max_length=20)] = Field(default_factory=list)
    note: Text | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if not self.papers and self.note is None:
            raise FieldRuleError("empty_supplement", "Cần có giấy tờ hoặc lời giải trình.", "Give papers or a note.")
        return self


class Approval(Input):
    """The receiving principal takes the learner; class and first day may be fixed here or left to later."""

    class_id: UUID | None = None
    effective_date: Day | None = Field(default=None, description="first day in the new school; the day of the release when absent")
    grade: Annotated[int | None, Field(default=None, ge=0, le=12)] = None


class Postponement(Input):
    """Apology and new appointment: at most one, told a working day before the due date."""

    reason: Text
    new_due_date: Day


class RecordsTaken(Input):
    """The records of a learner from another province have come and the learner is in the registry."""

    learner_id: UUID


class Retry(Input):
    """A further attempt after the cause of a flag was dealt with; what is given replaces what was decided."""

    class_id: UUID | None = None
    effective_date: Day | None = None
    grade: Annotated[int | None, Field(default=None, ge=0, le=12)] = None
    note: Text


class Note(Input):
    """A sentence that goes with the action."""

    note: Text | None = None


class Stop(Input):
    """Why the handling stops."""

    reason: Text


class DossierListed(BaseModel):
    """A dossier in a list."""

    model_config = ConfigDict(extra="forbid")
    dossier_id: UUID
    procedure_code: str
    code: str | None
    channel: Channel
    stage: Stage
    status: int | None
    learner_id: UUID | None
    learner_name: str
    grade: int | None
    sending_school_code: str | None
    sending_school_name: str
    receiving_school_code: str
    receiving_school_name: str
    owner: Side | None
    waiting_since: datetime
    step_due_at: datetime | None
    due_at: datetime | None
    overdue: bool
    finished_at: datetime | None
    on_time: bool | None
    version: int


class DossierOut(DossierListed):
    """A dossier; `status` is the national code, `owner` whoever is waited for until `step_due_at`, `due_at` the promise to the applicant.

    `tracking_key` is null for the sending school: it belongs on the applicant's receipt. `clock` says why the promise is due when it is.
    `missing_papers`: what the procedure asks of everybody and nobody gave; the desk judges whether the dossier is complete.
    """

    tracking_key: str | None
    applicant_person_id: UUID | None
    applicant_name: str
    applicant_phone: str | None
    relation_verified: bool
    learner_birth_date: str
    level: str | None
    sending_school_id: UUID | None
    sending_province: str | None
    receiving_school_id: UUID
    ground: Ground
    explanation: str | None
    papers: list[dict[str, Any]]
    missing_papers: list[str]
    submitted_at: datetime | None
    received_at: datetime | None
    original_due_at: datetime | None
    reappointments: int
    decided_at: datetime | None
    supplements_at_intake: int
    supplements_while_handling: int
    class_id: UUID | None
    effective_date: date | None
    attempt: int
    flag_reason: str | None
    learner_class_id: UUID | None
    clock: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class StepOut(BaseModel):
    """One thing that was done, with the form that went out and when it was due."""

    number: int
    action: Action | Literal["draft"]
    stage: Stage
    status: int | None
    side: Side
    at: datetime
    due_at: datetime | None
    on_time: bool | None
    form: str | None
    details: dict[str, Any]


class TrackedStep(BaseModel):
    """One step as anybody with code and key sees it."""

    action: str
    stage: Stage
    status: int | None
    at: datetime
    due_at: datetime | None
    on_time: bool | None


class TrackingOut(BaseModel):
    """Where a dossier stands: states and times, nobody's data."""

    code: str
    procedure_code: str
    stage: Stage
    status: int
    receiving_school_code: str
    receiving_school_name: str
    owner: Side | None
    submitted_at: datetime
    received_at: datetime
    due_at: datetime
    step_due_at: datetime | None
    finished_at: datetime | None
    on_time: bool | None
    version: int
    timeline: list[TrackedStep]


class ReasonOut(BaseModel):
    """A reason that may be given."""

    code: str
    kind: Literal["supplement", "refuse", "close"]
    group: str
    text_vi: str
    next_vi: str
    gloss_en: str
    guard_en: str
    placeholders: list[str]
    rules: list[str]


class ReasonsOut(BaseModel):
    """All reasons."""

    items: list[ReasonOut]


class AgencySet(Input):
    """The agency part of a school's dossier codes."""

    agency_code: Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}(\.[0-9]{2,3}){0,3}$", examples=["H38.12.034"])]


class AgencyOut(BaseModel):
    """A school's agency code."""

    organisation_id: UUID
    agency_code: str
    version: int
