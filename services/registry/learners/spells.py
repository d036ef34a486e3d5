"""Spells of enrolment in the database: looked up, opened, amended, ended. The exclusion constraint has the last word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from libs.common.errors import Conflict
from libs.common.ids import new_id
from services.registry.conflicts import refusing
from services.registry.learners.events import Spell
from services.registry.organisations.service import Session

LAST = """
SELECT enrolment_id, school_id, class_id, school_year, grade, level, studies_informatics,
    lower(period) AS valid_from, upper(period) AS valid_to
FROM enrolment WHERE learner_id = $1 ORDER BY lower(period) DESC LIMIT 1"""
END = """
UPDATE enrolment SET period = daterange(lower(period), $2), status_to = $3 WHERE enrolment_id = $1 AND lower(period) < $2
RETURNING enrolment_id, school_id, class_id, school_year, grade, level, studies_informatics,
    lower(period) AS valid_from, upper(period) AS valid_to"""
AMEND = """
UPDATE enrolment SET class_id = $2, grade = $3, level = $4, studies_informatics = $5 WHERE enrolment_id = $1
RETURNING enrolment_id, school_id, class_id, school_year, grade, level, studies_informatics,
    lower(period) AS valid_from, upper(period) AS valid_to"""
OPEN = """
INSERT INTO enrolment (enrolment_id, learner_id, school_id, class_id, school_year, grade, level, studies_informatics, status_from,
    period, organisation_path)
SELECT $2, l.learner_id, $3, $4, $5, $6, $7, $8, $9, daterange($10, $11), l.organisation_path FROM learner l WHERE l.learner_id = $1
RETURNING enrolment_id, school_id, class_id, school_year, grade, level, studies_informatics,
    lower(period) AS valid_from, upper(period) AS valid_to"""
# Whoever sees the learner sees the whole way through the schools: all spells stand where the learner stands. A person who also works in
# a school stays there; a guardian comes along with an only child.
MOVE = """
WITH followers AS (
    SELECT l.person_id FROM learner l WHERE l.learner_id = $1 AND NOT EXISTS (SELECT FROM staff s WHERE s.person_id = l.person_id)
    UNION ALL
    SELECT g.guardian_person_id FROM guardian g WHERE g.learner_id = $1
        AND NOT EXISTS (SELECT FROM staff s WHERE s.person_id = g.guardian_person_id)
        AND NOT EXISTS (SELECT FROM learner l WHERE l.person_id = g.guardian_person_id)
        AND NOT EXISTS (SELECT FROM guardian o WHERE o.guardian_person_id = g.guardian_person_id AND o.learner_id <> $1)
), spells AS (
    UPDATE enrolment SET organisation_path = text2ltree($2) WHERE learner_id = $1
), guardians AS (
    UPDATE guardian SET organisation_path = text2ltree($2) WHERE learner_id = $1
), identifiers AS (
    UPDATE person_identifier i SET organisation_path = text2ltree($2) FROM followers f WHERE i.person_id = f.person_id
)
UPDATE person p SET organisation_path = text2ltree($2) FROM followers f WHERE p.person_id = f.person_id"""


class LearnerAlreadyEnrolled(Conflict):
    """The learner is enrolled at a school during the period: a learner is in one school at any moment."""

    slug = "learner-already-enrolled"
    title_vi = "Học sinh đang học tại một trường trong thời gian này"
    title_en = "The learner is enrolled at a school during this period"


class SpellNotOpen(Conflict):
    """The learner has no spell that the change could concern on that day."""

    slug = "spell-not-open"
    title_vi = "Học sinh không học tại trường nào vào ngày này"
    title_en = "The learner is not enrolled on that day"


@dataclass(frozen=True, slots=True)
class NewSpell:
    """What a spell begins with; `valid_to` is exclusive."""

    school_id: UUID
    class_id: UUID | None
    school_year: str
    grade: int | None
    level: str
    studies_informatics: bool
    status_from: str
    valid_from: date
    valid_to: date | None = None


def spell_of(row: Mapping[str, Any] | asyncpg.Record) -> Spell:
    """Return a returned row as the spell that events carry."""
    return Spell(**dict(row))


async def last(db: Session, learner_id: UUID) -> Spell | None:
    """Return the learner's last spell, open or not."""
    row = await db.connection.fetchrow(LAST, learner_id)
    return spell_of(row) if row else None


async def open_spell(db: Session, learner_id: UUID, new: NewSpell) -> Spell:
    """Open a spell; raises LearnerAlreadyEnrolled when it overlaps another one."""
    with refusing(enrolment_one_school=LearnerAlreadyEnrolled):
        row = await db.connection.fetchrow(
            OPEN,
            learner_id,
            new_id(),
            new.school_id,
            new.class_id,
            new.school_year,
            new.grade,
            new.level,
            new.studies_informatics,
            new.status_from,
            new.valid_from,
            new.valid_to,
        )
    return spell_of(row)


async def end(db: Session, spell: Spell, on: date, status: str | None) -> Spell:
    """End a spell on a day (exclusive); raises SpellNotOpen when it had not begun before that day."""
    row = await db.connection.fetchrow(END, spell.enrolment_id, on, status)
    if row is None:
        raise SpellNotOpen
    return spell_of(row)


async def amend(db: Session, spell: Spell) -> Spell:
    """Correct a spell in place: class, grade, level and informatics."""
    return spell_of(
        await db.connection.fetchrow(AMEND, spell.enrolment_id, spell.class_id, spell.grade, spell.level, spell.studies_informatics)
    )


async def move(db: Session, learner_id: UUID, path: str) -> None:
    """Let everything of a learner stand where the learner now stands."""
    await db.connection.execute(MOVE, learner_id, path)
