"""What the registry's facts do to dossiers: executed moves on, refused is flagged with its owner, a class in the new school completes it.

Facts come more than once and in any order: what does not fit the dossier's stage or attempt any more changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from libs.common.clock import now
from libs.common.events.catalogue import Event
from services.egov.dossiers import progress, rules, store
from services.egov.dossiers.progress import Doing
from services.egov.dossiers.rules import Action, Side, Stage
from services.egov.dossiers.tables import Dossier

ACTOR = "registry"
SETTLED = [str(stage) for stage in rules.SETTLED]


class UnknownDossierError(LookupError):
    """The registry answers about a dossier that is not here: the event is put aside until somebody has looked at it."""


@dataclass(frozen=True, slots=True)
class LearnerFact:
    """Where a learner stands after a version of the registry's record."""

    learner_id: UUID
    version: int
    school_id: UUID | None
    class_id: UUID | None


async def executed(connection: Any, dossier_id: UUID, attempt: int) -> list[Event]:
    """Note that the registry moved the learner; returns the events to publish."""
    dossier = await _locked(connection, dossier_id)
    if dossier.attempt != attempt or dossier.stage is not Stage.RELEASED:
        return []
    events = [await _do(connection, dossier, Action.EXECUTE)]
    return events + await _settle(connection, dossier)


async def refused(connection: Any, dossier_id: UUID, attempt: int, reason: str) -> list[Event]:
    """Flag the dossier: the receiving school has to look into it."""
    dossier = await _locked(connection, dossier_id)
    if dossier.attempt != attempt or dossier.stage is not Stage.RELEASED:
        return []
    dossier.flag_reason = reason
    return [await _do(connection, dossier, Action.FLAG, {"reason": reason, "attempt": attempt})]


async def followed(connection: Any, learner_ids: Sequence[Any]) -> frozenset[str]:
    """Return which of these learners have a dossier that is not settled; raises for anything that is no id."""
    return await store.followed(connection, [str(UUID(one)) for one in learner_ids], SETTLED)


async def learners_stand(connection: Any, facts: Sequence[LearnerFact]) -> list[Event]:
    """Note where learners of open dossiers stand now; a class in the receiving school completes the dossier."""
    newest: dict[UUID, LearnerFact] = {}
    for fact in facts:
        if fact.learner_id not in newest or newest[fact.learner_id].version < fact.version:
            newest[fact.learner_id] = fact
    events: list[Event] = []
    for dossier_id in await store.of_learners(connection, list(newest), SETTLED):
        dossier = await _locked(connection, dossier_id)
        events += await _stands(connection, dossier, newest)
    return events


async def _stands(connection: Any, dossier: Dossier, newest: Mapping[UUID, LearnerFact]) -> list[Event]:
    fact = newest.get(dossier.learner_id) if dossier.learner_id else None
    if fact is None or fact.version <= dossier.learner_version:
        return []
    dossier.learner_version, dossier.learner_school_id, dossier.learner_class_id = fact.version, fact.school_id, fact.class_id
    events = await _settle(connection, dossier)
    if not events:
        await store.remember(connection, dossier)
    return events


async def _settle(connection: Any, dossier: Dossier) -> list[Event]:
    if not rules.settles(dossier.stage, dossier.learner_school_id, dossier.learner_class_id, dossier.receiving_school_id):
        return []
    return [await _do(connection, dossier, Action.ASSIGN, {"class_id": str(dossier.learner_class_id)})]


async def _do(connection: Any, dossier: Dossier, action: Action, details: dict[str, Any] | None = None) -> Event:
    step, event = progress.advance(dossier, Doing(action, Side.REGISTRY, ACTOR, now(), details or {}))
    await store.save(connection, dossier, step)
    await store.tell(connection, dossier, f"egov.dossier.{action}", event.model_dump_json())
    return event


async def _locked(connection: Any, dossier_id: UUID) -> Dossier:
    held = await store.load(connection, dossier_id)
    if held is None:
        raise UnknownDossierError(dossier_id)
    return held.dossier
