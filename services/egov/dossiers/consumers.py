"""Consumes what the registry says about transfers and learners."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from libs.common.events.consumer import Consumer, consumer
from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import REGISTRY_LEARNER, REGISTRY_ORGANISATION_STATE, REGISTRY_TRANSFER
from libs.common.organisations import STATE, copy_states
from services.egov.dossiers import saga, store
from services.egov.dossiers.events import parse_attempt
from services.egov.dossiers.saga import LearnerFact

REGISTRY = "vn.lienthong.registry."
EXECUTED = REGISTRY + "transfer.executed.v1"
REFUSED = REGISTRY + "transfer.refused.v1"
LEARNER_TYPES = frozenset(REGISTRY + "learner." + verb + ".v1" for verb in ("registered", "changed", "enrolled", "left", "transferred"))


class Message(BaseModel):
    """Base of what is read of the registry's events; further fields are none of our business."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class VersionMessage(Message):
    """What an organisation teaches during `[valid_from, valid_to)`."""

    levels: list[str] = []
    valid_from: date
    valid_to: date | None


class OrganisationMessage(Message):
    """An organisation's dated versions, as far as levels go."""

    organisation_id: UUID
    versions: list[VersionMessage]
    version: int


class TransferMessage(Message):
    """What came of a decided dossier."""

    dossier_id: str
    reason: str | None = None


class SpellMessage(Message):
    """One spell of enrolment; `valid_to` is exclusive."""

    school_id: UUID
    class_id: UUID | None
    valid_from: date
    valid_to: date | None


class LearnerMessage(Message):
    """The spells of a learner that changed."""

    learner_id: UUID
    enrolments: list[SpellMessage] = []


@consumer(name="egov.organisation_path", topics=[REGISTRY_ORGANISATION_STATE], types=[STATE])
async def organisations(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep the copy of the tree, and what each school teaches: a transfer into a school of another level is not even drafted."""
    await copy_states(db, events)
    rows = [event.parse(OrganisationMessage).model_dump() for event in events]
    await store.keep_levels(db.connection, orjson.dumps(rows).decode())


@consumer(name="egov.transfer", topics=[REGISTRY_TRANSFER], types=[EXECUTED, REFUSED], batch=20)
async def transfers(db: WorkerSession, events: Sequence[Received]) -> None:
    """Move each dossier on, or flag it. Ids that no dossier here can have are another desk's."""
    for event in events:
        message = event.parse(TransferMessage)
        found = parse_attempt(message.dossier_id)
        if found is None:
            continue
        dossier_id, attempt = found
        if event.type == EXECUTED:
            told = await saga.executed(db.connection, dossier_id, attempt)
        else:
            told = await saga.refused(db.connection, dossier_id, attempt, message.reason or "unknown")
        for one in told:
            db.record(one, event)


@consumer(name="egov.learner", topics=[REGISTRY_LEARNER], types=LEARNER_TYPES)
async def learners(db: WorkerSession, events: Sequence[Received]) -> None:
    """Follow where learners of open dossiers stand; everybody else's events pass by at the cost of one look-up a batch."""
    followed = await saga.followed(db.connection, [event.body.get("learner_id") for event in events])
    mine = [event for event in events if event.body.get("learner_id") in followed]
    facts = [fact for event in mine if (fact := _fact(event)) is not None]
    for one in await saga.learners_stand(db.connection, facts) if facts else ():
        db.record(one)


def _fact(event: Received) -> LearnerFact | None:
    message = event.parse(LearnerMessage)
    if not message.enrolments:
        return None
    last = max(message.enrolments, key=lambda spell: spell.valid_from)
    if last.valid_to is not None:
        return LearnerFact(message.learner_id, event.sequence, None, None)
    return LearnerFact(message.learner_id, event.sequence, last.school_id, last.class_id)


CONSUMERS: tuple[Consumer, ...] = (organisations, transfers, learners)
