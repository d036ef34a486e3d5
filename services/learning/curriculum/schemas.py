"""Questions and answers about the curriculum and its coverage."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.common.validation import FieldRuleError
from services.learning.curriculum.rules import Level, SubjectKind, grade_fits, has_grades
from services.learning.fields import Day, Grade, Input, Sentence, Subject, Text, Title

Certainty = Literal["high", "medium", "low"]
Assessment = Literal["marks", "comment"]


class PeriodOut(BaseModel):
    """Periods a year of one subject in one grade; `valid_to` is exclusive, null while in force."""

    period_id: UUID
    level: Level
    grade: int
    subject: str
    subject_vi: str
    subject_en: str
    kind: SubjectKind
    assessed_by: Assessment
    periods_per_year: int
    valid_from: date
    valid_to: date | None
    legal_basis: str
    certainty: Certainty
    note: str
    version: int


class PeriodPut(Input):
    """What is true of a subject in a grade from a day on; the row in force before ends that day."""

    level: Level
    grade: Grade
    subject: Subject
    subject_vi: Title
    subject_en: Title
    kind: SubjectKind
    assessed_by: Assessment
    periods_per_year: int = Field(ge=1, le=1000)
    valid_from: Day
    valid_to: Day | None = Field(default=None, description="exclusive end; open when absent")
    legal_basis: Sentence
    certainty: Certainty = "medium"
    note: Text = ""

    @model_validator(mode="after")
    def _coherent(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if not (has_grades(self.level) and grade_fits(self.level, self.grade)):
            raise FieldRuleError("grade_level", "Khối lớp không thuộc cấp học.", "The grade does not belong to the level.")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise FieldRuleError("order", "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning.")
        return self


class DayQuery(BaseModel):
    """As of which day; today when absent."""

    model_config = ConfigDict(extra="forbid")
    as_of: Day | None = None


class CoverageQuery(DayQuery):
    """Which subject-grades count; all kinds when absent."""

    kind: SubjectKind | None = None


class TotalOut(BaseModel):
    """Periods a year of one grade; `total` = compulsory + chosen (four subjects) + topic clusters, electives apart."""

    level: Level
    grade: int
    subjects: int
    compulsory: int
    chosen: int | None = Field(description="null where the subjects to choose from differ in periods")
    topic_clusters: int
    elective: int
    total: int | None


class TotalsOut(BaseModel):
    """Sums of every grade that the programme has reached on a day."""

    as_of: date
    items: list[TotalOut]


class CoveredOut(BaseModel):
    """Subject-grades with approved material; `share` in percent, null where the programme has none."""

    subject_grades: int
    covered: int
    share: float | None


class GradeCoverageOut(CoveredOut):
    """One grade; `missing` are the codes of subjects without approved material."""

    level: Level
    grade: int
    missing: list[str]


class LevelCoverageOut(CoveredOut):
    """One level."""

    level: Level


class CoverageOut(CoveredOut):
    """Share of the curriculum's subject-grades that had approved material at the end of a day, in the whole province."""

    as_of: date
    kind: SubjectKind | None
    levels: list[LevelCoverageOut]
    grades: list[GradeCoverageOut]
