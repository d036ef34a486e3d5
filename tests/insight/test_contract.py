"""Insight never imports another service; here they meet, so that none drifts away from the other."""

from datetime import UTC, date, datetime
from importlib.resources import files
from uuid import uuid4

import pytest
from pydantic import BaseModel, ValidationError

from libs.common.events.catalogue import Event
from libs.common.organisations import STATE, State
from services.assets.assets import events as assets
from services.assets.need import events as need
from services.egov.documents import events as documents
from services.egov.dossiers import events as dossiers
from services.egov.offers import events as offers
from services.insight.copies import messages
from services.insight.indicators.curriculum import in_force, subject_code
from services.learning.content import events as contents
from services.learning.curriculum import rules as curriculum
from services.registry.classes import events as classes
from services.registry.learners import events as learners
from services.registry.organisations import events as organisations
from services.registry.staff import events as staff

DAY, MOMENT = date(2017, 9, 1), datetime(2017, 9, 1, 8, tzinfo=UTC)
ONE, OTHER = uuid4(), uuid4()


def subclasses(base: type[Event]) -> frozenset[str]:
    return frozenset(found.TYPE for found in base.__subclasses__())


def test_every_event_of_the_topics_is_known() -> None:
    assert subclasses(classes.ClassEvent) == messages.CLASS_TYPES
    assert subclasses(learners.LearnerEvent) == messages.LEARNER_TYPES
    assert subclasses(staff.StaffEvent) == messages.STAFF_TYPES
    assert {classes.SchoolYearSet.TYPE} == messages.SCHOOL_YEAR_TYPES
    assert subclasses(assets.AssetEvent) == messages.ASSET_TYPES
    assert {need.NormSet.TYPE} == messages.NORM_TYPES
    assert subclasses(dossiers.DossierEvent) == messages.DOSSIER_TYPES
    assert subclasses(contents.ContentEvent) == messages.CONTENT_TYPES
    assert {offers.ProcedureOffered.TYPE} == messages.OFFER_TYPES
    assert {documents.DocumentsCounted.TYPE} == messages.DOCUMENT_TYPES
    assert {organisations.OrganisationState.TYPE} == messages.ORGANISATION_TYPES == {STATE}


def test_subjects_are_named_as_the_learning_service_names_them() -> None:
    day = date(2026, 9, 5)
    text = files("services.learning.curriculum").joinpath("data", "curriculum-periods.csv").read_text(encoding="utf-8")
    taught = {(row.grade, row.subject): str(row.level) for row in curriculum.read(text.splitlines()) if row.valid_from <= day}
    assert in_force(day) == taught
    assert subject_code("Arts (music, fine arts)") == "arts"


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
    (
        assets.AssetRecorded(
            asset_id=ONE,
            organisation_id=OTHER,
            kind="line",
            class_code="ftth",
            quantity=1,
            provider="vnpt",
            level=None,
            first_used_on=None,
            valid_from=DAY,
            valid_to=None,
            online=True,
            version=1,
        ),
        messages.AssetMessage,
    ),
    (
        need.NormSet(
            norm_id=ONE,
            norm="learners_per_computer",
            level="primary",
            value=15,
            valid_from=DAY,
            valid_to=None,
            legal_basis="Quyết định 225/QĐ-UBND",
            certainty="medium",
            version=1,
        ),
        messages.NormMessage,
    ),
    (
        documents.DocumentsCounted(
            count_id=ONE,
            organisation_id=OTHER,
            period_start=DAY,
            period_end=DAY,
            incoming=4,
            incoming_scanned=3,
            outgoing=2,
            outgoing_scanned=1,
            version=1,
        ),
        messages.DocumentMessage,
    ),
    (
        dossiers.DossierReceived(
            dossier_id=ONE,
            code=None,
            procedure_code="2.002854",
            organisation_id=OTHER,
            stage="received",
            status=2,
            online=True,
            full_online=True,
            received_at=MOMENT,
            due_at=MOMENT,
            finished_at=None,
            on_time=None,
            version=3,
        ),
        messages.DossierMessage,
    ),
    (
        contents.ContentApproved(
            content_id=ONE,
            version=3,
            organisation_id=OTHER,
            subject="arts",
            level="primary",
            grade=1,
            kind="lesson",
            state="approved",
            approved_at=MOMENT,
        ),
        messages.ContentMessage,
    ),
]


@pytest.mark.parametrize(("event", "model"), TOLD, ids=[f"{type(event).__name__}-{model.__name__}" for event, model in TOLD])
def test_what_the_registry_writes_is_what_insight_reads(event: Event, model: type[BaseModel]) -> None:
    read = model.model_validate_json(event.model_dump_json())
    written = event.model_dump(mode="json")
    assert _within(read.model_dump(mode="json"), written)


@pytest.mark.parametrize(("level", "known"), [("2", 2), ("3", 3), ("4", 4), ("full", 4), ("partial", 3), ("none", 2)])
def test_both_scales_of_online_levels_are_read(level: str, known: int) -> None:
    told = offers.ProcedureOffered(
        offer_id=ONE,
        procedure_code="2.002854",
        organisation_id=OTHER,
        level=level,
        one_stop=True,
        valid_from=DAY,
        valid_to=None,
        version=1,
    )
    assert messages.OfferMessage.model_validate_json(told.model_dump_json()).online_level == known


def test_an_unknown_online_level_is_a_fault_of_the_event() -> None:
    body = {"procedure_code": "1", "organisation_id": ONE, "level": "5", "one_stop": True, "valid_from": DAY, "valid_to": None}
    with pytest.raises(ValidationError):
        messages.OfferMessage.model_validate(body)


def _within(part: object, whole: object) -> bool:
    """Tell whether everything that was read stands in what was written."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(_within(one, other) for one, other in zip(part, whole, strict=True))
    return part == whole
