"""Staff go where their posts are: when a school goes into another one, and when a post recorded ahead begins."""

from datetime import date
from uuid import UUID

import asyncpg

from services.registry.organisations.service import Session
from services.registry.staff.events import HeldCertificate, HeldPost, StaffChanged

CARRY = """
WITH ended AS (
    UPDATE post SET period = daterange(lower(period), $3) WHERE organisation_id = $1 AND upper(period) IS NULL AND lower(period) < $3
    RETURNING staff_id, role, subject, degree, uses_it, makes_elearning
), begun AS (
    INSERT INTO post (post_id, staff_id, organisation_id, role, subject, degree, uses_it, makes_elearning, period, organisation_path)
    SELECT new_id(), e.staff_id, $2, e.role, e.subject, e.degree, e.uses_it, e.makes_elearning, daterange($3, NULL), o.organisation_path
    FROM ended e, organisation o WHERE o.organisation_id = $2
)
UPDATE staff SET version = version + 1, updated_at = now() WHERE staff_id IN (SELECT staff_id FROM ended) RETURNING staff_id, version"""
POSTS = """
SELECT post_id, organisation_id, role, subject, degree, uses_it, makes_elearning, lower(period) AS valid_from, upper(period) AS valid_to
FROM post WHERE staff_id = $1 ORDER BY lower(period), post_id"""
CERTIFICATES = "SELECT kind, issued_on FROM staff_certificate WHERE staff_id = $1 ORDER BY issued_on, name"
# Whoever holds no post any more at the school of record, but one elsewhere, is now of that school.
SETTLE = """
WITH due AS (
    SELECT DISTINCT ON (w.staff_id) w.staff_id, w.person_id, w.organisation_path AS was, t.organisation_id, t.role,
        o.organisation_path AS becomes
    FROM staff w JOIN post t USING (staff_id) JOIN organisation o ON o.organisation_id = t.organisation_id
    WHERE t.period @> $1::date AND NOT EXISTS (
        SELECT FROM post h WHERE h.staff_id = w.staff_id AND h.organisation_id = w.school_id AND h.period @> $1::date)
    ORDER BY w.staff_id, lower(t.period) DESC
), people AS (
    UPDATE person p SET organisation_path = d.becomes FROM due d WHERE p.person_id = d.person_id
), identifiers AS (
    UPDATE person_identifier i SET organisation_path = d.becomes FROM due d WHERE i.person_id = d.person_id
), certificates AS (
    UPDATE staff_certificate c SET organisation_path = d.becomes FROM due d WHERE c.staff_id = d.staff_id
), moved AS (
    UPDATE staff w SET school_id = d.organisation_id, role = d.role, organisation_path = d.becomes FROM due d
    WHERE w.staff_id = d.staff_id RETURNING w.staff_id, w.version, d.was, d.becomes
)
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'staff', staff_id, 'deleted', version, m.was FROM moved m WHERE m.was <> m.becomes
UNION ALL SELECT 'staff', staff_id, 'changed', version, m.becomes FROM moved m"""


async def merge_schools(db: Session, from_id: UUID, into_id: UUID, on: date, present: date) -> list[StaffChanged]:
    """Let every open post of a school go on in the one that takes its place; returns the events to record."""
    changed = await db.connection.fetch(CARRY, from_id, into_id, on)
    await settle_due(db, present)
    return [await _state(db, row) for row in changed]


async def settle_due(db: Session, on: date) -> None:
    """Let staff stand where their posts of that day are. Run daily."""
    await db.connection.execute(SETTLE, on)


async def _state(db: Session, row: asyncpg.Record) -> StaffChanged:
    posts = [HeldPost(**dict(post)) for post in await db.connection.fetch(POSTS, row["staff_id"])]
    certificates = [HeldCertificate(**dict(one)) for one in await db.connection.fetch(CERTIFICATES, row["staff_id"])]
    return StaffChanged(staff_id=row["staff_id"], posts=posts, certificates=certificates, version=row["version"])
