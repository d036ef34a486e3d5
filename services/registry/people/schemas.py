"""Bodies and answers about a person; learners, staff and guardians carry them."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.fields import BirthDateText, Ethnicity, Input, PersonName
from services.registry.people.rules import BirthPrecision, IdentifierKind, Sex


class Identifier(Input):
    """A typed identifier."""

    kind: IdentifierKind
    value: Annotated[str, Field(min_length=1, max_length=60)]


class PersonBody(Input):
    """Who a person is."""

    full_name: PersonName
    birth_date: BirthDateText
    sex: Sex = Sex.UNKNOWN
    ethnicity: Ethnicity | None = None
    identifiers: list[Identifier] = Field(default=[], max_length=10)


class PersonChange(Input):
    """A correction; what is absent stays. An identifier given here is added, or replaces a temporary code in place."""

    full_name: PersonName | None = None
    birth_date: BirthDateText | None = None
    sex: Sex | None = None
    ethnicity: Ethnicity | None = None
    identifiers: list[Identifier] | None = Field(default=None, max_length=10)


class IdentifierOut(BaseModel):
    """A typed identifier."""

    kind: IdentifierKind
    value: str


class PersonOut(BaseModel):
    """Who a person is, as part of a learner's, staff member's or guardian's answer."""

    person_id: UUID
    full_name: str
    family_name: str
    middle_name: str
    given_name: str
    birth_date: str = Field(description="YYYY-MM-DD, YYYY-MM or YYYY, as far as it is known")
    birth_precision: BirthPrecision
    sex: Sex
    ethnicity: str | None
    warnings: list[str] = Field(description="codes of what looks mistyped: never a refusal")
