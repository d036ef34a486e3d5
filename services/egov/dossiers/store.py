"""Statements on dossiers: the same ones for a request and for a consumer, on a connection whose scope is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from services.egov.dossiers.codes import NumbersUsedUpError, dossier_code
from services.egov.dossiers.problems import CodesUsedUp, DossierAlreadyOpen
from services.egov.dossiers.tables import Dossier, Step

LOAD = """
SELECT to_jsonb(d)::text AS dossier,
    coalesce(r.path <@ ANY (scope_paths()), false) AS receiving, coalesce(s.path <@ ANY (scope_paths()), false) AS sending,
    coalesce(r.path = ANY (scope_paths()), false) AS at_receiving, coalesce(s.path = ANY (scope_paths()), false) AS at_sending
FROM dossier d
LEFT JOIN organisation_path r ON r.organisation_id = d.receiving_school_id
LEFT JOIN organisation_path s ON s.organisation_id = d.sending_school_id
WHERE d.dossier_id = $1 FOR UPDATE OF d"""
INSERT = "INSERT INTO dossier SELECT * FROM jsonb_populate_record(NULL::dossier, $1::jsonb)"
CHANGING = """code, stage, status, applicant_phone, learner_id, grade, level, ground, explanation, papers, missing_papers, submitted_at,
    received_at,
    clock_started_at, due_at, original_due_at, judged_by, reappointments, decided_at, finished_at, on_time, owner, waiting_since,
    step_due_at,
    supplements_at_intake, supplements_while_handling, class_id, effective_date, attempt, flag_reason, learner_school_id,
    learner_class_id, learner_version, clock, organisation_path, version, updated_at"""
UPDATE = (
    f"UPDATE dossier d SET ({CHANGING}) = (SELECT {CHANGING} FROM jsonb_populate_record(NULL::dossier, $2::jsonb) r) "  # noqa: S608 - a constant
    "WHERE d.dossier_id = $1"
)
REMEMBER = "UPDATE dossier SET learner_version = $2, learner_school_id = $3, learner_class_id = $4 WHERE dossier_id = $1"
STEP = "INSERT INTO dossier_step SELECT * FROM jsonb_populate_record(NULL::dossier_step, $1::jsonb)"
# The sending school follows its own change feed.
TELL_SENDING = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'dossier', $1, 'changed', $2, o.path FROM organisation_path o WHERE o.organisation_id = $3"""
# What a unit of work writes for a request, written by hand for a consumer.
TELL = """
WITH told AS (INSERT INTO change (resource, key, kind, version, organisation_path) VALUES ('dossier', $1, 'changed', $2, text2ltree($3)))
INSERT INTO audit (actor, action, resource, key, version, organisation_path, request_id, details)
VALUES (current_setting('lienthong.actor', true), $4, 'dossier', $1, $2, text2ltree($3), '', $5::jsonb)"""
SCHOOL = """
SELECT o.organisation_id, o.code, o.name, o.path::text AS path, o.path <@ ANY ((SELECT scope_paths())::ltree[]) AS within,
    levels_on(o.organisation_id, $2) AS levels
FROM organisation_path o WHERE o.code = $1 AND o.kind = 'school'"""
LEVELS = "SELECT levels_on($1, $2)"
KEEP_LEVELS = """
INSERT INTO school_levels AS t (organisation_id, versions, version)
SELECT DISTINCT ON (r.organisation_id) r.organisation_id, r.versions, r.version
FROM jsonb_to_recordset($1::jsonb) AS r(organisation_id uuid, versions jsonb, version bigint)
ORDER BY r.organisation_id, r.version DESC
ON CONFLICT (organisation_id) DO UPDATE SET versions = excluded.versions, version = excluded.version WHERE t.version < excluded.version"""
# The session's scope is that of the route's permission; another permission of the same caller may reach less far.
REACHES = """
SELECT '*' = ANY ($1::text[]) OR EXISTS (
    SELECT FROM organisation_path o JOIN organisation_path s ON s.path <@ o.path
    WHERE o.code = ANY ($1::text[]) AND s.organisation_id = $2)"""
# A school that has ended keeps its last code, with a suffix that nobody outside may see.
CODE = "SELECT code FROM organisation_path WHERE organisation_id = $1 AND strpos(code, '#') = 0"
PATH = "SELECT path::text FROM organisation_path WHERE organisation_id = $1"
NEXT_NUMBER = """
INSERT INTO day_number AS n (agency_code, day, last)
VALUES (coalesce((SELECT a.agency_code FROM agency a WHERE a.organisation_id = $1), $2), $3, 1)
ON CONFLICT (agency_code, day) DO UPDATE SET last = n.last + 1
RETURNING n.agency_code, n.last"""
LEARNER = "SELECT learner_id FROM dossier WHERE dossier_id = $1"
ONLINE_DRAFT = "SELECT learner_id FROM dossier WHERE dossier_id = $1 AND stage = 'draft' AND channel = 'online'"
OF_LEARNERS = "SELECT dossier_id FROM dossier WHERE learner_id = ANY ($1::uuid[]) AND NOT stage = ANY ($2::text[]) ORDER BY dossier_id"
FOLLOWED = "SELECT learner_id::text FROM dossier WHERE learner_id = ANY ($1::text[]::uuid[]) AND NOT stage = ANY ($2::text[])"
FORGOTTEN = """
SELECT dossier_id FROM dossier WHERE stage IN ('supplement_at_intake', 'supplement_while_handling') AND step_due_at < $1
ORDER BY step_due_at LIMIT $2"""


@dataclass(slots=True)
class Held:
    """A locked dossier, and on which sides of it the caller stands: in a school or above it, `at_` the school itself."""

    dossier: Dossier
    receiving: bool
    sending: bool
    at_receiving: bool
    at_sending: bool


@dataclass(frozen=True, slots=True)
class School:
    """A school of the tree; `within` when the caller acts for it, `levels` None while they have not arrived."""

    organisation_id: UUID
    code: str
    name: str
    path: str
    within: bool
    levels: list[str] | None


async def load(connection: Any, dossier_id: UUID) -> Held | None:
    """Return the dossier, locked until the end; None when there is none in scope."""
    row = await connection.fetchrow(LOAD, dossier_id)
    if row is None:
        return None
    dossier, *sides = row
    return Held(Dossier.model_validate_json(dossier), *sides)


async def drafted_learner(connection: Any, dossier_id: UUID) -> UUID | None:
    """Return the learner of an online draft; None for all other dossiers."""
    found: UUID | None = await connection.fetchval(ONLINE_DRAFT, dossier_id)
    return found


async def learner_of(connection: Any, dossier_id: UUID) -> UUID | None:
    """Return the learner of a dossier in scope."""
    found: UUID | None = await connection.fetchval(LEARNER, dossier_id)
    return found


async def add(connection: Any, dossier: Dossier) -> None:
    """Write a new dossier."""
    await connection.execute(INSERT, dossier.model_dump_json())


async def save(connection: Any, dossier: Dossier, step: Step) -> None:
    """Write a changed dossier and what was done; raises DossierAlreadyOpen."""
    dossier.organisation_path = await connection.fetchval(PATH, dossier.receiving_school_id) or dossier.organisation_path
    try:
        await connection.execute(UPDATE, dossier.dossier_id, dossier.model_dump_json())
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "dossier_open":
            raise DossierAlreadyOpen from error
        raise
    await note(connection, step)
    if dossier.sending_school_id is not None:
        await connection.execute(TELL_SENDING, str(dossier.dossier_id), dossier.version, dossier.sending_school_id)


async def remember(connection: Any, dossier: Dossier) -> None:
    """Write where the learner stands: what is followed of another service is no change of the dossier."""
    await connection.execute(REMEMBER, dossier.dossier_id, dossier.learner_version, dossier.learner_school_id, dossier.learner_class_id)


async def note(connection: Any, step: Step) -> None:
    """Write a step of the timeline."""
    await connection.execute(STEP, step.model_dump_json())


async def tell(connection: Any, dossier: Dossier, action: str, details: str) -> None:
    """Write change feed and audit where no unit of work does."""
    await connection.execute(TELL, str(dossier.dossier_id), dossier.version, dossier.organisation_path, action, details)


async def school(connection: Any, code: str, on: date) -> School | None:
    """Return the school that bears the code today, with its levels of a day."""
    row = await connection.fetchrow(SCHOOL, code, on)
    return School(**row) if row else None


async def levels(connection: Any, school_id: UUID, on: date) -> list[str] | None:
    """Return what a school teaches on a day; None while that has not arrived."""
    found: list[str] | None = await connection.fetchval(LEVELS, school_id, on)
    return found


async def keep_levels(connection: Any, rows: str) -> None:
    """Keep the newest state of each organisation's levels: `rows` is a JSON list of organisation_id, versions and version."""
    await connection.execute(KEEP_LEVELS, rows)


async def reaches(connection: Any, codes: Sequence[str], school_id: UUID) -> bool:
    """Tell whether one of the organisations is the school, or stands above it."""
    return bool(await connection.fetchval(REACHES, codes, school_id))


async def code_today(connection: Any, organisation_id: UUID | None) -> str | None:
    """Return the code that an organisation bears today: codes are given anew, ids are not."""
    found: str | None = await connection.fetchval(CODE, organisation_id)
    return found


async def next_code(connection: Any, school_id: UUID, default_agency: str, day: date) -> str:
    """Return the next dossier code of the school's agency on a day, without gaps: the number goes back when the transaction fails."""
    row = await connection.fetchrow(NEXT_NUMBER, school_id, default_agency, day)
    try:
        return dossier_code(row["agency_code"], day, row["last"])
    except NumbersUsedUpError as error:
        raise CodesUsedUp from error


async def followed(connection: Any, learner_ids: list[str], settled: list[str]) -> frozenset[str]:
    """Return which of these learners have a dossier that is not settled yet."""
    return frozenset(row[0] for row in await connection.fetch(FOLLOWED, learner_ids, settled))


async def of_learners(connection: Any, learner_ids: list[UUID], settled: list[str]) -> list[UUID]:
    """Return the dossiers of learners that are not settled yet."""
    return [row["dossier_id"] for row in await connection.fetch(OF_LEARNERS, learner_ids, settled)]


async def forgotten(connection: Any, before: Any, most: int) -> list[UUID]:
    """Return dossiers whose applicants let the time for a supplement pass."""
    return [row["dossier_id"] for row in await connection.fetch(FORGOTTEN, before, most)]
