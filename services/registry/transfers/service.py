"""Executes a transfer that a dossier has decided, once for each dossier, or says why not."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from services.registry.learners import moves, spells
from services.registry.learners.events import LearnerTransferred, Spell
from services.registry.learners.moves import Destination
from services.registry.organisations.service import Session
from services.registry.transfers import rules
from services.registry.transfers.events import TransferDecided, TransferEvent, TransferExecuted, TransferRefused
from services.registry.transfers.rules import Refusal

KNOWN = "SELECT EXISTS (SELECT FROM transfer WHERE dossier_id = $1)"
# The school year is the one that runs on the day, or the next one when the day falls into the summer; where none is known yet, the
# learner's last one. A class belongs to one school year.
SCHOOLS = """
SELECT f.organisation_id AS from_id, t.organisation_id AS to_id, t.levels, o.organisation_path::text AS to_path, c.class_id,
    c.level AS class_level, c.grade AS class_grade, y.school_year
FROM (SELECT) one
LEFT JOIN LATERAL (SELECT y.school_year FROM school_year y WHERE y.ends_on >= $3 ORDER BY y.starts_on LIMIT 1) y ON true
LEFT JOIN organisation_version f ON f.code = $1 AND f.kind = 'school' AND f.valid_from < $3 AND (f.valid_to IS NULL OR f.valid_to >= $3)
LEFT JOIN organisation_version t ON t.code = $2 AND t.kind = 'school' AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to > $3)
LEFT JOIN organisation o ON o.organisation_id = t.organisation_id
LEFT JOIN class c ON c.class_id = $4 AND c.school_id = t.organisation_id AND c.school_year = coalesce(y.school_year, $5)"""
NOTE = """
INSERT INTO transfer (dossier_id, learner_id, from_school_code, to_school_code, effective_date, outcome, reason, enrolment_id,
    organisation_path)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, text2ltree($9))"""
AUDIT = """
INSERT INTO audit (actor, action, resource, key, version, organisation_path, request_id, details)
SELECT current_setting('lienthong.actor', true), 'registry.transfer.' || $2::text, 'transfer', $1, 1, text2ltree($3), '',
    jsonb_strip_nulls(jsonb_build_object('learner_id', $4::uuid, 'reason', $5::text))"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a dossier: the events to publish, in their order."""

    dossier: TransferEvent
    learner: LearnerTransferred | None = None


async def execute(db: Session, decided: TransferDecided) -> Outcome | None:
    """Move the learner, or refuse; None when the dossier was settled before."""
    if await db.connection.fetchval(KNOWN, decided.dossier_id):
        return None
    learner = await moves.lock(db, decided.learner_id)
    last = await spells.last(db, decided.learner_id)
    schools = await db.connection.fetchrow(
        SCHOOLS,
        decided.from_school_code,
        decided.to_school_code,
        decided.effective_date,
        decided.class_id,
        last.school_year if last else None,
    )
    refusal = _refusal(decided, learner, schools, last)
    if refusal is not None or learner is None or last is None:
        return await _refuse(db, decided, refusal or Refusal.UNKNOWN_LEARNER, learner["path"] if learner else "")
    grade = last.grade if decided.grade is None else decided.grade
    to = Destination(
        schools["to_id"],
        schools["to_path"],
        schools["class_id"],
        grade,
        rules.level_of(grade, last.level),
        schools["school_year"] or last.school_year,
    )
    moved = await moves.move(db, learner, last, to, decided.effective_date, dossier_id=decided.dossier_id)
    enrolment_id = moved.enrolments[-1].enrolment_id
    await _note(db, decided, None, enrolment_id, to.path)
    return Outcome(TransferExecuted(**_facts(decided), enrolment_id=enrolment_id), moved)


def _refusal(decided: TransferDecided, learner: asyncpg.Record | None, schools: asyncpg.Record, last: Spell | None) -> Refusal | None:
    if learner is None or last is None:
        return Refusal.UNKNOWN_LEARNER
    if schools["from_id"] is None:
        return Refusal.UNKNOWN_FROM_SCHOOL
    if schools["to_id"] is None:
        return Refusal.UNKNOWN_TO_SCHOOL
    if schools["from_id"] == schools["to_id"]:
        return Refusal.SAME_SCHOOL
    if not rules.is_there(last.school_id, last.valid_from, last.valid_to, schools["from_id"], decided.effective_date):
        return Refusal.NOT_IN_FROM_SCHOOL
    return _misfit(decided, schools, last)


def _misfit(decided: TransferDecided, schools: asyncpg.Record, last: Spell) -> Refusal | None:
    """Return why the receiving school cannot take the learner as decided."""
    if decided.class_id is not None and schools["class_id"] is None:
        return Refusal.UNKNOWN_CLASS
    grade = last.grade if decided.grade is None else decided.grade
    level = rules.level_of(grade, last.level)
    if not rules.is_taught(level, schools["levels"]):
        return Refusal.LEVEL_NOT_TAUGHT
    if decided.class_id is None:
        return None
    return rules.class_misfit(level, grade, schools["class_level"], schools["class_grade"])


async def _refuse(db: Session, decided: TransferDecided, reason: Refusal, path: str) -> Outcome:
    await _note(db, decided, reason, None, path)
    return Outcome(TransferRefused(**_facts(decided), reason=reason))


async def _note(db: Session, decided: TransferDecided, reason: Refusal | None, enrolment_id: UUID | None, path: str) -> None:
    outcome = "refused" if reason else "executed"
    await db.connection.execute(
        NOTE,
        decided.dossier_id,
        decided.learner_id,
        decided.from_school_code,
        decided.to_school_code,
        decided.effective_date,
        outcome,
        reason,
        enrolment_id,
        path,
    )
    await db.connection.execute(AUDIT, decided.dossier_id, outcome, path, decided.learner_id, reason)


def _facts(decided: TransferDecided) -> dict[str, Any]:
    return decided.model_dump(include={"dossier_id", "learner_id", "from_school_code", "to_school_code", "effective_date"})
