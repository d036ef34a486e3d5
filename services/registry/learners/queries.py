"""Reads of learners: the hot paths of the whole platform, each one statement."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing
from services.registry.learners.rules import EnrolmentStatus
from services.registry.learners.schemas import EnrolmentOut, LearnerListed, LearnerOut
from services.registry.people.columns import BIRTH_DATE, PERSON

SOURCE = "learner l JOIN person p USING (person_id) LEFT JOIN class c ON c.class_id = l.class_id"
OWN = {
    "learner_id": "l.learner_id",
    "school_id": "l.school_id",
    "class_id": "l.class_id",
    "class_name": "c.name",
    "grade": "l.grade",
    "level": "l.level",
    "version": "l.version",
}

LEARNER = Document(
    LearnerOut,
    SOURCE + " LEFT JOIN organisation_path o ON o.organisation_id = l.school_id",
    where="l.learner_id = :learner_id",
    columns={**PERSON, **OWN, "school_code": "o.code", "created_at": "l.created_at", "updated_at": "l.updated_at"},
    version="l.version",
)

LEARNERS = Listing(
    LearnerListed,
    SOURCE,
    key="l.learner_id",
    columns={**OWN, "birth_date": BIRTH_DATE},
    filters={
        "school": Filter("l.school_id", str, condition="{e} = (SELECT s.organisation_id FROM organisation_path s WHERE s.code = :value)"),
        "school_id": Filter("l.school_id", UUID),
        "class": Filter("l.class_id", UUID),
        "grade": Filter("l.grade", Annotated[int, Field(ge=0, le=12)]),
        "status": Filter("l.status", EnrolmentStatus),
        "ministry_code": Filter("l.ministry_code", str),
        "q": Filter("", Annotated[str, Field(min_length=1, max_length=100)], condition="strpos(p.search_name, fold(:value)) > 0"),
    },
    sorts={"key": "l.learner_id", "name": "p.search_name"},
)

ENROLMENTS = Listing(
    EnrolmentOut,
    "enrolment e LEFT JOIN organisation_path o ON o.organisation_id = e.school_id",
    key="e.enrolment_id",
    columns={"school_code": "o.code", "valid_from": "lower(e.period)", "valid_to": "upper(e.period)"},
    where="e.learner_id = :learner_id",
    sorts={"valid_from": "lower(e.period)"},
)
