"""Keeps the read model from the other services' events, a batch at a time. Any order and any repetition of events lead to the same rows.

An organisation that the tree does not know is waited for, and then is the event's fault: its records would be counted nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from libs.common.clock import VIETNAM
from libs.common.events.consumer import Consumer, consumer
from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import (
    ASSETS_ASSET,
    ASSETS_NORM,
    EGOV_DOCUMENT,
    EGOV_DOSSIER,
    EGOV_PROCEDURE,
    LEARNING_CONTENT,
    REGISTRY_CLASS,
    REGISTRY_LEARNER,
    REGISTRY_ORGANISATION_STATE,
    REGISTRY_SCHOOL_YEAR,
    REGISTRY_STAFF,
)
from libs.common.organisations import PATIENT_TRIES, known, organisation_copy
from services.insight.copies import statements
from services.insight.copies.messages import (
    ASSET_TYPES,
    CLASS_TYPES,
    CONTENT_TYPES,
    DOCUMENT_TYPES,
    DOSSIER_TYPES,
    LEARNER_TYPES,
    NORM_TYPES,
    OFFER_TYPES,
    ORGANISATION_TYPES,
    SCHOOL_YEAR_TYPES,
    STAFF_TYPES,
    AssetMessage,
    ClassMessage,
    ContentMessage,
    DocumentMessage,
    DossierMessage,
    LearnerMessage,
    NormMessage,
    OfferMessage,
    OrganisationMessage,
    Part,
    SchoolYearMessage,
    StaffMessage,
)

Message = TypeVar("Message", bound=Part)
APPROVED = "approved"


@consumer(name="insight.organisation", topics=[REGISTRY_ORGANISATION_STATE], types=ORGANISATION_TYPES)
async def organisations(db: WorkerSession, events: Sequence[Received]) -> None:
    """Replace the dated versions of each organisation by those of its newest state."""
    states = [(event.sequence, event.parse(OrganisationMessage)) for event in events]
    told = await _newer(db, statements.NEWER_ORGANISATIONS, {(state.organisation_id, version): state for version, state in states})
    await db.execute(statements.CLEAR_VERSIONS, [state.organisation_id for state in told])
    rows = [row for state in told for row in _rows({"organisation_id": state.organisation_id}, state.versions)]
    await db.execute(statements.VERSIONS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.class", topics=[REGISTRY_CLASS], types=CLASS_TYPES, tries=PATIENT_TRIES)
async def classes(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each class as its newest event tells it."""
    rows = [_row({"version": event.sequence}, event.parse(ClassMessage)) for event in events]
    await known(db, (row["school_id"] for row in rows))
    await db.execute(statements.CLASSES, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.school_year", topics=[REGISTRY_SCHOOL_YEAR], types=SCHOOL_YEAR_TYPES)
async def school_years(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep the days of each school year."""
    rows = [_row({"version": event.sequence}, event.parse(SchoolYearMessage)) for event in events]
    await db.execute(statements.SCHOOL_YEARS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.learner", topics=[REGISTRY_LEARNER], types=LEARNER_TYPES, tries=PATIENT_TRIES)
async def learners(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each enrolment spell as the newest event that names it tells it."""
    rows: list[dict[str, Any]] = []
    for event in events:
        message = event.parse(LearnerMessage)
        rows += _rows({"learner_id": message.learner_id, "version": event.sequence}, message.enrolments)
    await known(db, (row["school_id"] for row in rows))
    await db.execute(statements.SPELLS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.staff", topics=[REGISTRY_STAFF], types=STAFF_TYPES, tries=PATIENT_TRIES)
async def staff(db: WorkerSession, events: Sequence[Received]) -> None:
    """Replace posts and certificates of each member of staff by those of the newest event."""
    messages = [(event.sequence, event.parse(StaffMessage)) for event in events]
    await known(db, (post.organisation_id for _, message in messages for post in message.posts))
    told = await _newer(db, statements.NEWER_STAFF, {(message.staff_id, version): message for version, message in messages})
    keys = [message.staff_id for message in told]
    await db.execute(statements.CLEAR_POSTS, keys)
    await db.execute(statements.CLEAR_CERTIFICATES, keys)
    posts = [row for message in told for row in _rows({"staff_id": message.staff_id}, message.posts)]
    certificates = [row for message in told for row in _rows({"staff_id": message.staff_id}, message.certificates)]
    await db.execute(statements.POSTS, _json(posts))
    await db.execute(statements.CERTIFICATES, _json(certificates))
    await _fresh(db, events)


@consumer(name="insight.asset", topics=[ASSETS_ASSET], types=ASSET_TYPES, tries=PATIENT_TRIES)
async def assets(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each asset as its newest event tells it."""
    rows = [_row({"version": event.sequence}, event.parse(AssetMessage)) for event in events]
    await known(db, (row["organisation_id"] for row in rows))
    await db.execute(statements.ASSETS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.norm", topics=[ASSETS_NORM], types=NORM_TYPES)
async def norms(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each norm as its newest event tells it."""
    await db.execute(statements.NORMS, _json([_row({"version": event.sequence}, event.parse(NormMessage)) for event in events]))
    await _fresh(db, events)


@consumer(name="insight.offer", topics=[EGOV_PROCEDURE], types=OFFER_TYPES, tries=PATIENT_TRIES)
async def offers(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each offer of a procedure as its newest event tells it."""
    rows = [_row({"offer_key": event.key, "version": event.sequence}, event.parse(OfferMessage)) for event in events]
    await known(db, (row["organisation_id"] for row in rows))
    await db.execute(statements.OFFERS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.document", topics=[EGOV_DOCUMENT], types=DOCUMENT_TYPES, tries=PATIENT_TRIES)
async def documents(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each count of documents as its newest event tells it."""
    rows = [_row({"count_key": event.key, "version": event.sequence}, event.parse(DocumentMessage)) for event in events]
    await known(db, (row["organisation_id"] for row in rows))
    await db.execute(statements.DOCUMENTS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.dossier", topics=[EGOV_DOSSIER], types=DOSSIER_TYPES, tries=PATIENT_TRIES)
async def dossiers(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each dossier as its newest event tells it, with the days in Viet Nam on which it was received and finished."""
    rows = []
    for event in events:
        message = event.parse(DossierMessage)
        days = {"received_on": _day(message.received_at), "finished_on": _day(message.finished_at)}
        rows.append(_row({"version": event.sequence, **days}, message))
    await known(db, (row["organisation_id"] for row in rows))
    await db.execute(statements.DOSSIERS, _json(rows))
    await _fresh(db, events)


@consumer(name="insight.content", topics=[LEARNING_CONTENT], types=CONTENT_TYPES, tries=PATIENT_TRIES)
async def contents(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep every state of each content with the day since when it holds."""
    rows = []
    for event in events:
        message = event.parse(ContentMessage)
        since = message.approved_at if message.state == APPROVED and message.approved_at else event.time
        rows.append(_row({"version": event.sequence, "since": _day(since)}, message))
    await known(db, (row["organisation_id"] for row in rows))
    await db.execute(statements.CONTENTS, _json(rows))
    await _fresh(db, events)


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(VIETNAM).date() if moment else None


async def _newer(db: WorkerSession, statement: str, told: Mapping[tuple[UUID, int], Message]) -> list[Message]:
    """Raise the version of each root, and return the messages that did so."""
    accepted = await db.fetch(statement, [key for key, _ in told], [version for _, version in told])
    return [told[row[0], row[1]] for row in accepted]


async def _fresh(db: WorkerSession, events: Sequence[Received]) -> None:
    """Note how far each partition has been applied; last, because its row stays locked until the commit."""
    places = [(event.record.topic, event.record.partition, event.time) for event in events]
    await db.execute(statements.FRESHNESS, *(list(column) for column in zip(*places, strict=True)))


def _row(owner: Mapping[str, Any], part: Part) -> dict[str, Any]:
    return {**owner, **part.model_dump()}


def _rows(owner: Mapping[str, Any], parts: Iterable[Part]) -> list[dict[str, Any]]:
    return [_row(owner, part) for part in parts]


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()


CONSUMERS: tuple[Consumer, ...] = (
    *(organisation_copy("insight"), organisations, school_years, classes, learners, staff),
    *(assets, norms, offers, documents, dossiers, contents),
)
