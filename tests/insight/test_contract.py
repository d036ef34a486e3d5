"""Insight never imports the registry; here both meet, so that neither drifts away from the other."""

from datetime import date
from uuid import uuid4

import pytest
from pydantic import BaseModel

from libs.common.events.catalogue import Event
from libs.common.organisations import STATE, State
from services.insight.copies import messages
from services.registry.classes import events as classes
from services.registry.learners import events as learners
from services.registry.organisations import events as organisations
from services.registry.staff import events as staff

DAY = date(2017, 9, 1)
ONE, OTHER = uuid4(), uuid4()


def subclasses(base: type[Event]) -> frozenset[str]:
    return frozenset(found.TYPE for found in base.__subclasses__())


def test_every_event_of_the_topics_is_known() -> None:
    assert subclasses(classes.ClassEvent) == messages.CLASS_TYPES
    assert subclasses(learners.LearnerEvent) == messages.LEARNER_TYPES
    assert subclasses(staff.StaffEvent) == messages.STAFF_TYPES
    assert {classes.SchoolYearSet.TYPE} == messages.SCHOOL_YEAR_TYPES
    assert {organisations.OrganisationState.TYPE} == messages.ORGANISATION_TYPES == {STATE}


VERSION = organisations.StateVersion(
    code="A",
    name="Trường A",
    kind="school",
    parent_id=OTHER,
    path=f"{OTHER.hex}.{ONE.hex}",
    levels=["primary"],
    school_type="public",
    administrative_unit_code=None,
    attributes={"has_website": True},
    valid_from=DAY,
    valid_to=None,
)
SUCCESSOR = organisations.Successor(organisation_id=OTHER, change_date=DAY, kind="merged")
POST = staff.HeldPost(
    post_id=ONE,
    organisation_id=OTHER,
    role="teacher",
    subject="informatics",
    degree="college",
    uses_it=True,
    makes_elearning=False,
    valid_from=DAY,
    valid_to=None,
)
SPELL = learners.Spell(
    enrolment_id=ONE,
    school_id=OTHER,
    class_id=None,
    school_year="2017-2018",
    grade=1,
    level="primary",
    studies_informatics=True,
    valid_from=DAY,
    valid_to=None,
)
TOLD: list[tuple[Event, type[BaseModel]]] = [
    (
        organisations.OrganisationState(organisation_id=ONE, versions=[VERSION], successors=[SUCCESSOR], version=1),
        messages.OrganisationMessage,
    ),
    (organisations.OrganisationState(organisation_id=ONE, versions=[VERSION], successors=[SUCCESSOR], version=1), State),
    (
        classes.ClassOpened(
            class_id=ONE,
            school_id=OTHER,
            school_year="2017-2018",
            grade=1,
            level="primary",
            studies_informatics=True,
            name="1A",
            site_id=None,
            version=1,
        ),
        messages.ClassMessage,
    ),
    (classes.SchoolYearSet(school_year="2017-2018", starts_on=DAY, ends_on=date(2018, 5, 31), version=1), messages.SchoolYearMessage),
    (learners.LearnerRegistered(learner_id=ONE, birth_year=2011, sex=1, enrolments=[SPELL], version=1), messages.LearnerMessage),
    (
        staff.StaffRegistered(staff_id=ONE, posts=[POST], certificates=[staff.HeldCertificate(kind="it", issued_on=DAY)], version=1),
        messages.StaffMessage,
    ),
]


@pytest.mark.parametrize(("event", "model"), TOLD, ids=[f"{type(event).__name__}-{model.__name__}" for event, model in TOLD])
def test_what_the_registry_writes_is_what_insight_reads(event: Event, model: type[BaseModel]) -> None:
    read = model.model_validate_json(event.model_dump_json())
    written = event.model_dump(mode="json")
    assert _within(read.model_dump(mode="json"), written)


def _within(part: object, whole: object) -> bool:
    """Tell whether everything that was read stands in what was written."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(_within(one, other) for one, other in zip(part, whole, strict=True))
    return part == whole
