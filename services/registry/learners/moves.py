"""A learner moves to another school: the old spell ends the day before, the new one begins, and everything of the learner follows.

Works for a decided dossier in the worker and for schools that merge in a request: both hold a session whose scope covers both schools.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from libs.common.clock import today
from services.registry.learners import spells
from services.registry.learners.events import LearnerTransferred, Spell
from services.registry.learners.rules import arrived, moved_out
from services.registry.learners.spells import NewSpell
from services.registry.organisations.service import Session

LOCK = """
SELECT l.learner_id, l.version, l.organisation_path::text AS path, extract(year FROM p.birth_date)::int AS birth_year, p.sex
FROM learner l JOIN person p USING (person_id) WHERE l.learner_id = $1 FOR UPDATE OF l"""
NEXT_VERSION = "UPDATE learner SET version = version + 1, updated_at = now() WHERE learner_id = $1 RETURNING version"
# Who could see the learner before and cannot now is told by the change feed that the learner is gone.
STAND = """
WITH was AS (SELECT learner_id, organisation_path FROM learner WHERE learner_id = $1), stands AS (
    UPDATE learner SET school_id = $2, class_id = $3, grade = $4, level = $5, status = $6, organisation_path = text2ltree($7)
    WHERE learner_id = $1 RETURNING learner_id, version, organisation_path
)
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'learner', w.learner_id, 'deleted', s.version, w.organisation_path FROM was w JOIN stands s USING (learner_id)
WHERE w.organisation_path <> s.organisation_path
UNION ALL SELECT 'learner', s.learner_id, 'changed', s.version, s.organisation_path FROM stands s"""
TOLD = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'learner', learner_id, 'changed', version, organisation_path FROM learner WHERE learner_id = $1"""
ENROLLED = """
SELECT DISTINCT e.learner_id FROM enrolment e WHERE e.school_id = $1 AND (upper(e.period) IS NULL OR upper(e.period) > $2)
ORDER BY e.learner_id"""
# Spells recorded ahead become current by themselves; spells that ended ahead leave the learner without a school.
DUE = """
SELECT l.learner_id, e.school_id, e.class_id, e.grade, e.level, e.status_from, o.organisation_path::text AS path
FROM enrolment e JOIN learner l USING (learner_id) JOIN organisation o ON o.organisation_id = e.school_id
WHERE e.period @> $1::date AND (l.school_id, l.class_id) IS DISTINCT FROM (e.school_id, e.class_id) AND lower(e.period) >= $1::date - 31"""
GONE = """
UPDATE learner l SET school_id = NULL, class_id = NULL
WHERE l.school_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM enrolment e WHERE e.learner_id = l.learner_id AND (upper(e.period) IS NULL OR upper(e.period) > $1))"""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a learner goes: school, class, grade, level and school year, and where the school stands in the tree."""

    school_id: UUID
    path: str
    class_id: UUID | None
    grade: int | None
    level: str
    school_year: str


async def lock(db: Session, learner_id: UUID) -> asyncpg.Record | None:
    """Return version, place, birth year and sex of a learner, locked until the end; None when there is no such learner."""
    row: asyncpg.Record | None = await db.connection.fetchrow(LOCK, learner_id)
    return row


async def enrolled(db: Session, school_id: UUID, on: date) -> list[UUID]:
    """Return who is enrolled at a school on that day or later."""
    return [row["learner_id"] for row in await db.connection.fetch(ENROLLED, school_id, on)]


async def move(
    db: Session, learner: asyncpg.Record, last: Spell, to: Destination, on: date, *, dossier_id: str | None = None
) -> LearnerTransferred:
    """Move a locked learner; returns the event to record. Raises SpellNotOpen or LearnerAlreadyEnrolled."""
    learner_id = learner["learner_id"]
    ended = await spells.end(db, last, on, moved_out(on.month))
    new = NewSpell(
        school_id=to.school_id,
        class_id=to.class_id,
        school_year=to.school_year,
        grade=to.grade,
        level=to.level,
        studies_informatics=last.studies_informatics,
        status_from=arrived(on.month),
        valid_from=on,
    )
    opened = await spells.open_spell(db, learner_id, new)
    version = await db.connection.fetchval(NEXT_VERSION, learner_id)
    if on <= today():
        await _stand(db, learner_id, to, new.status_from)
    else:
        await db.connection.execute(TOLD, learner_id)
    return LearnerTransferred(
        learner_id=learner_id,
        birth_year=learner["birth_year"],
        sex=learner["sex"],
        enrolments=[ended, opened],
        version=version,
        dossier_id=dossier_id,
        from_school_id=last.school_id,
        to_school_id=to.school_id,
    )


async def merge_schools(db: Session, from_id: UUID, into: tuple[UUID, str], on: date) -> Sequence[LearnerTransferred]:
    """Move every learner of a school into the school that takes its place; classes are set anew there."""
    into_id, path = into
    events = []
    for learner_id in await enrolled(db, from_id, on):
        learner, last = await lock(db, learner_id), await spells.last(db, learner_id)
        if learner is not None and last is not None and last.school_id == from_id and last.valid_from < on:
            to = Destination(into_id, path, None, last.grade, last.level, last.school_year)
            events.append(await move(db, learner, last, to, on))
    return events


async def settle_due(db: Session, on: date) -> int:
    """Let the columns of learners follow the spells that have begun or ended by that day; returns how many began. Run daily."""
    due = await db.connection.fetch(DUE, on)
    for row in due:
        to = Destination(row["school_id"], row["path"], row["class_id"], row["grade"], row["level"], "")
        await db.connection.fetchval(NEXT_VERSION, row["learner_id"])
        await _stand(db, row["learner_id"], to, row["status_from"])
    await db.connection.execute(GONE, on)
    return len(due)


async def _stand(db: Session, learner_id: UUID, to: Destination, status: str) -> None:
    await db.connection.execute(STAND, learner_id, to.school_id, to.class_id, to.grade, to.level, status, to.path)
    await spells.move(db, learner_id, to.path)
