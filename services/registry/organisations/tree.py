"""Timelines of organisations in the database: read, written, replanted, and made current."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson

from libs.common.clock import today
from services.registry.conflicts import refusing
from services.registry.organisations.problems import OrganisationCodeTaken
from services.registry.organisations.rules import Facts, Level, OrganisationKind, SchoolType, Version, at, label, replant

LOCK = "SELECT pg_advisory_xact_lock(hashtext('organisation tree'))"
REFRESH = "SELECT refresh_organisations($1)"
LOAD = """
SELECT organisation_id, valid_from, valid_to, code, name, kind, parent_id, levels, school_type, administrative_unit_code,
    attributes::text AS attributes, legal_basis, path::text AS path
FROM organisation_version WHERE organisation_id = ANY ($1) ORDER BY organisation_id, valid_from"""
BELOW = """
SELECT DISTINCT organisation_id FROM organisation_version
WHERE path <@ ANY (ARRAY(SELECT path FROM organisation_version WHERE organisation_id = $1))"""
FIND = """
SELECT v.organisation_id, v.kind, o.organisation_path::text AS organisation_path
FROM organisation_version v JOIN organisation o USING (organisation_id)
WHERE v.code = $1 AND v.valid_from <= $2 AND (v.valid_to IS NULL OR v.valid_to > $2)"""
CLEAR = "DELETE FROM organisation_version WHERE organisation_id = ANY ($1)"
INSERT = """
INSERT INTO organisation_version (organisation_id, valid_from, valid_to, code, name, kind, parent_id, levels, school_type,
    administrative_unit_code, attributes, legal_basis, path, organisation_path)
SELECT n.organisation_id, n.valid_from, n.valid_to, n.code, n.name, n.kind, n.parent_id, ARRAY(SELECT jsonb_array_elements_text(n.levels)),
    n.school_type, n.administrative_unit_code, n.attributes, n.legal_basis, text2ltree(n.path), o.organisation_path
FROM jsonb_to_recordset($1::text::jsonb) AS n(organisation_id uuid, valid_from date, valid_to date, code text, name text, kind text,
    parent_id uuid, levels jsonb, school_type text, administrative_unit_code text, attributes jsonb, legal_basis text, path text)
JOIN organisation o USING (organisation_id)"""

Timelines = dict[UUID, list[Version]]


class Session(Protocol):
    """A unit of work of a request or of a worker."""

    @property
    def connection(self) -> Any:
        """Return the transaction's bare connection."""


@dataclass(frozen=True, slots=True)
class Found:
    """An organisation by its code on a day."""

    organisation_id: UUID
    kind: OrganisationKind
    path: str


async def lock(db: Session) -> None:
    """Let one transaction at a time change the tree: two moves together could tie it into a ring."""
    await db.connection.execute(LOCK)


async def refresh_current(db: Session, on: date | None = None) -> int:
    """Bring everything that follows the tree of today up to date; returns how many organisations moved.

    Called by each change of the tree, and daily, since a version with a later date becomes current by itself.
    """
    return int(await db.connection.fetchval(REFRESH, on or today()))


async def find(db: Session, code: str, on: date) -> Found | None:
    """Return the organisation that bears the code on that day, if the caller may see it."""
    row = await db.connection.fetchrow(FIND, code, on)
    return Found(row["organisation_id"], OrganisationKind(row["kind"]), row["organisation_path"]) if row else None


async def load(db: Session, organisation_ids: Collection[UUID]) -> Timelines:
    """Return the timelines of organisations; one that the caller may not see has none."""
    timelines: Timelines = {organisation_id: [] for organisation_id in organisation_ids}
    for row in await db.connection.fetch(LOAD, list(organisation_ids)):
        timelines[row["organisation_id"]].append(_version(row))
    return timelines


async def below(db: Session, organisation_id: UUID) -> set[UUID]:
    """Return the organisation and all that ever stood under it."""
    return {row["organisation_id"] for row in await db.connection.fetch(BELOW, organisation_id)}


async def rebuild(db: Session, changed: Mapping[UUID, list[Version]]) -> Timelines:
    """Write changed timelines and those of everything below, paths set anew; returns the timelines that differ from what was stored.

    Raises rules.NotInForceError when a parent does not cover its child's period.
    """
    subtree: set[UUID] = set(changed)
    for organisation_id in changed:
        subtree |= await below(db, organisation_id)
    stored = await load(db, subtree)
    own = stored | dict(changed)
    planted = replant(own, await _above(db, own, stored))
    differing = {organisation_id: timeline for organisation_id, timeline in planted.items() if timeline != stored[organisation_id]}
    await _write(db, differing)
    return differing


async def _above(db: Session, own: Timelines, stored: Timelines) -> Timelines:
    """Return the timelines of the parents outside the subtree; where the caller may not see one, its place is read off the child's path."""
    parents = {version.facts.parent_id for timeline in own.values() for version in timeline} - set(own) - {None}
    above = await load(db, [parent for parent in parents if parent is not None])
    for timeline in stored.values():
        for version in timeline:
            parent = version.facts.parent_id
            if parent in above and not any(seen.covers(version.valid_from) for seen in above[parent]):
                place, _, _ = version.path.rpartition(".")
                above[parent].append(Version(version.valid_from, version.valid_to, version.facts, place))
    return above


async def _write(db: Session, timelines: Timelines) -> None:
    if not timelines:
        return
    rows = [_row(organisation_id, version) for organisation_id, timeline in timelines.items() for version in timeline]
    with refusing(organisation_version_code=OrganisationCodeTaken):
        await db.connection.execute(CLEAR, list(timelines))
        await db.connection.execute(INSERT, orjson.dumps(rows, default=str).decode())


def place_of(organisation_id: UUID, timeline: Iterable[Version], on: date) -> str:
    """Return where an organisation stands on a day, or where it first will."""
    versions = list(timeline)
    current = at(versions, on)
    return (current or versions[0]).path if versions else label(organisation_id)


def _row(organisation_id: UUID, version: Version) -> dict[str, Any]:
    facts = version.facts
    return {
        "organisation_id": organisation_id,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "code": facts.code,
        "name": facts.name,
        "kind": facts.kind,
        "parent_id": facts.parent_id,
        "levels": list(facts.levels),
        "school_type": facts.school_type,
        "administrative_unit_code": facts.administrative_unit_code,
        "attributes": dict(facts.attributes),
        "legal_basis": facts.legal_basis,
        "path": version.path,
    }


def _version(row: asyncpg.Record) -> Version:
    facts = Facts(
        code=row["code"],
        name=row["name"],
        kind=OrganisationKind(row["kind"]),
        parent_id=row["parent_id"],
        levels=tuple(Level(level) for level in row["levels"]),
        school_type=SchoolType(row["school_type"]) if row["school_type"] else None,
        administrative_unit_code=row["administrative_unit_code"],
        attributes=orjson.loads(row["attributes"]),
        legal_basis=row["legal_basis"],
    )
    return Version(row["valid_from"], row["valid_to"], facts, row["path"])
