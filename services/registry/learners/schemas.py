"""Bodies and answers of learners and their spells of enrolment."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.fields import BirthDateText, Code, Day, Grade, Input, SchoolYear, TidyName, Title
from services.registry.learners.rules import EnrolmentStatus
from services.registry.organisations.rules import Level
from services.registry.people.schemas import IdentifierOut, PersonBody, PersonChange, PersonOut


class EnrolmentBody(Input):
    """Where and as what a learner is enrolled."""

    school_code: Code
    school_year: SchoolYear
    level: Level
    grade: Grade | None = None
    class_id: UUID | None = Field(default=None, description="the class, or give its name")
    class_name: Title | None = None
    studies_informatics: bool = False
    enrolled_on: Day | None = Field(default=None, description="first day; today when absent")
    left_on: Day | None = Field(default=None, description="first day on which the learner is no longer there")
    status: EnrolmentStatus = EnrolmentStatus.STUDYING


class LearnerCreate(PersonBody):
    """A new learner with the first spell."""

    enrolment: EnrolmentBody


class LearnerUpsert(PersonBody):
    """A learner as the sender knows them now, found by an identifier; `enrolment` opens or changes the current spell."""

    enrolment: EnrolmentBody | None = None


class LearnerChange(PersonChange):
    """A change of the person or of the current spell (within the same school); what is absent stays."""

    grade: Grade | None = None
    level: Level | None = None
    class_id: UUID | None = None
    class_name: Title | None = None
    school_year: SchoolYear | None = Field(default=None, description="a new school year ends the spell and opens the next one")
    studies_informatics: bool | None = None
    status: EnrolmentStatus | None = None
    changed_on: Day | None = Field(default=None, description="first day of the change of spell; today when absent")


class LearnerLeave(Input):
    """The end of the current spell."""

    left_on: Day = Field(description="first day on which the learner is no longer there")
    status: EnrolmentStatus = Field(description="one of the leaving statuses: 04, 05, 08, 09, 11, 12")


class LearnerMatch(Input):
    """What the papers of a learner say; only all three together name anybody."""

    ministry_code: Annotated[str, Field(min_length=1, max_length=60, examples=["9100000017"])]
    full_name: TidyName = Field(description="letter case, accents and where the tone stands do not matter")
    birth_date: BirthDateText


class LearnerMatched(BaseModel):
    """What a transfer needs of a learner of another school; nothing else is told."""

    learner_id: UUID
    person_id: UUID
    full_name: str
    birth_date: str
    school_id: UUID | None
    school_code: str | None
    class_id: UUID | None
    grade: int | None
    level: Level | None
    version: int


class LearnerOut(PersonOut):
    """A learner with person, current school and class."""

    learner_id: UUID
    ministry_code: str | None
    identifiers: list[IdentifierOut]
    school_id: UUID | None
    school_code: str | None
    class_id: UUID | None
    class_name: str | None
    grade: int | None
    level: Level | None
    status: EnrolmentStatus
    version: int
    created_at: datetime
    updated_at: datetime


class LearnerListed(BaseModel):
    """A learner in a list."""

    learner_id: UUID
    person_id: UUID
    full_name: str
    given_name: str
    birth_date: str
    sex: Annotated[int, Field(ge=0, le=2)]
    ministry_code: str | None
    school_id: UUID | None
    class_id: UUID | None
    class_name: str | None
    grade: int | None
    level: Level | None
    status: EnrolmentStatus
    version: int


class EnrolmentOut(BaseModel):
    """One spell; `valid_to` is exclusive."""

    enrolment_id: UUID
    learner_id: UUID
    school_id: UUID
    school_code: str | None
    class_id: UUID | None
    school_year: str
    grade: int | None
    level: Level
    studies_informatics: bool
    status_from: EnrolmentStatus
    status_to: EnrolmentStatus | None
    valid_from: date
    valid_to: date | None
