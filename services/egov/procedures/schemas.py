"""Answers of the procedure catalogue. Dates follow the facts: `valid_to` of a version is the last day on which it holds."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.egov.fields import Search

AgencyLevel = Literal["school", "commune", "department", "province", "ministry"]
OnlineLevel = Literal["full", "partial", "none"]
Kind = Literal["public", "internal", "feeder"]
LimitRole = Literal["total", "stage", "filing_window", "defect_notice", "opinion", "extension", "after_decision", "nominal"]
LimitUnit = Literal["working_day", "calendar_day", "working_hour", "month", "none"]


class Out(BaseModel):
    """Base of parts read from the facts: what a part carries beyond its fields is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class LimitOut(Out):
    """A time limit; only role `total` is the promise to the applicant, under the condition in `when`."""

    value: int | None
    unit: LimitUnit
    when: str
    role: LimitRole
    counted_from: str | None = None


class PaperOut(Out):
    """A paper of the dossier; papers of one `one_of_group` stand in for each other; counts are null where the source is silent."""

    key: str
    name_vi: str
    name_en: str
    original: int | None
    copies: int | None
    certified: str | None
    needed_when: str
    replaceable_by: str | None
    replace_evidence: str | None = None
    one_of_group: str | None = None
    form: str | None = None
    note: str | None = None


class ShareOut(Out):
    """The part of the limit that the source gives to a step."""

    value: float | None
    unit: str


class StepOut(Out):
    """One step of the handling."""

    kind: str
    actor: str
    text: str
    share: ShareOut | None


class ResultOut(Out):
    """What the applicant gets."""

    code: str | None
    name_vi: str | None
    kind: str | None


class VersionOut(Out):
    """A dated version; null dates were not found in the sources. `valid_to` is the last day."""

    valid_from: date | None
    valid_to: date | None
    basis: str | None
    transition: str | None = None
    note: str | None = None
    certainty: str | None = None


class ProcedureListed(Out):
    """A procedure in a list."""

    code: str
    name_vi: str
    name_en: str
    field: str
    scope: str
    procedure_kind: Kind
    agency_level: list[AgencyLevel]
    channels: list[str]
    online_level: OnlineLevel
    certainty: str
    version: VersionOut | None


class ProcedureOut(ProcedureListed):
    """A procedure as of a day: the version in force with its limits, and all that was read about it."""

    decided_by: str | None
    online_level_note: str | None
    limits: list[LimitOut]
    fee: int | None
    fee_note: str | None
    applicants: list[str]
    conditions: list[str]
    papers: list[PaperOut]
    papers_status: str
    form_codes: list[str]
    result: ResultOut
    other_results: list[ResultOut]
    steps: list[StepOut]
    legal_basis: list[str]
    announced_by: str | None
    earlier_versions: list[VersionOut]
    supersedes: list[str]
    superseded_by: list[str]
    detail: str
    notes: str | None


class CodeOnlyOut(Out):
    """A code that the catalogue knows by title only, or that was replaced."""

    code: str
    name_vi: str | None
    state: Literal["catalogue_only", "superseded"]
    successors: list[str]
    reason: str | None


class ProceduresOut(BaseModel):
    """Procedures in force on a day."""

    as_of: date
    items: list[ProcedureListed]
    count: int


class CodesOnlyOut(BaseModel):
    """Codes without details."""

    items: list[CodeOnlyOut]


class StatusOut(BaseModel):
    """One of the ten national status codes."""

    code: int
    key: str
    name_vi: str
    name_en: str
    terminal: bool


class StatusesOut(BaseModel):
    """The ten national status codes."""

    items: list[StatusOut]


class DeadlineQuery(BaseModel):
    """What a deadline is asked for."""

    model_config = ConfigDict(extra="forbid")
    start: Annotated[datetime, Field(description="with its offset from UTC")]
    value: Annotated[int, Field(ge=1, le=1000)]
    unit: Literal["working_day", "working_hour", "calendar_day", "hour", "minute", "month"] = "working_day"
    linked: bool = Field(default=False, description="a linked procedure: what comes after 15:00 counts as the next working day's")


class WhyOut(BaseModel):
    """One step of the reasoning."""

    what: str
    at: str
    rule: str


class DeadlineOut(BaseModel):
    """When something is due and why; not certain where the published calendar ends before."""

    due_at: datetime
    rule_set: str
    rule_set_version: str
    calendar: str
    certain: bool
    why: list[WhyOut]


class ProcedureQuery(BaseModel):
    """Filters of the list."""

    model_config = ConfigDict(extra="forbid")
    as_of: Annotated[date | None, Field(default=None, description="today when absent")] = None
    agency_level: AgencyLevel | None = None
    online_level: OnlineLevel | None = None
    kind: Kind | None = None
    q: Search | None = None
