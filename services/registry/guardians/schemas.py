"""Bodies and answers of guardians."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import BaseModel, model_validator

from libs.common.validation import FieldRuleError
from services.registry.fields import Input
from services.registry.people.schemas import PersonBody


class GuardianRelation(StrEnum):
    """What the guardian is to the child."""

    FATHER = "father"
    MOTHER = "mother"
    GRANDPARENT = "grandparent"
    LEGAL_GUARDIAN = "legal_guardian"
    OTHER = "other"


class GuardianCreate(Input):
    """A guardian of a learner: a person known already, or a new one."""

    learner_id: UUID
    relation: GuardianRelation
    person_id: UUID | None = None
    person: PersonBody | None = None

    @model_validator(mode="after")
    def _one_person(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if (self.person_id is None) == (self.person is None):
            raise FieldRuleError("one_of", "Cần đúng một trong person_id và person.", "Give exactly one of person_id and person.")
        return self


class WardOut(BaseModel):
    """Whose guardians are listed."""

    learner_id: UUID


class GuardianOut(BaseModel):
    """A guardian of a learner."""

    guardian_person_id: UUID
    learner_id: UUID
    relation: GuardianRelation
    full_name: str
    created_at: datetime
