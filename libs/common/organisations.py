"""Each service's own copy of the organisation tree, kept from the compacted topic: `organisation_path`, which row security reads.

Organisations in force stand where their event says. One that has ended stays, under its successor or its last parent, so that its records
are seen by whoever answers for them now; its code gets a suffix `#…`, which no grant can name. Any order of arrival leads to the same rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from libs.common.clock import today
from libs.common.events.connections import TransientError
from libs.common.events.consumer import Consumer, consumer
from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import REGISTRY_ORGANISATION_STATE

STATE = "vn.lienthong.registry.organisation.state.v1"
INHERITS = frozenset({"merged", "replaced"})
ENDED = "#"
PATIENT_TRIES = 9
"""Of a consumer that needs the tree: 21 seconds, twice what the bus takes to replace a worker that died while it was copying the tree."""


class DatedVersion(BaseModel):
    """What a copy needs of one dated version; `valid_to` is exclusive."""

    model_config = ConfigDict(frozen=True)
    code: str = Field(pattern="^[^#]+$")
    name: str
    kind: str
    parent_id: UUID | None
    path: str
    valid_from: date
    valid_to: date | None


class SuccessorLink(BaseModel):
    """Who takes the organisation's place."""

    model_config = ConfigDict(frozen=True)
    organisation_id: UUID
    change_date: date
    kind: str


class State(BaseModel):
    """One organisation with all its versions, as the compacted topic carries it."""

    model_config = ConfigDict(frozen=True)
    organisation_id: UUID
    versions: list[DatedVersion] = Field(min_length=1)
    successors: list[SuccessorLink] = []
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an organisation stands on a day."""

    organisation_id: UUID
    code: str
    name: str
    kind: str
    parent_id: UUID | None
    path: str
    version: int
    begun: bool


def standing(state: State, on: date) -> Standing:
    """Return where the organisation stands: its version in force, else the last one that ended, else the first one to come."""
    ordered = sorted(state.versions, key=lambda version: version.valid_from)
    begun = [version for version in ordered if version.valid_from <= on]
    chosen = begun[-1] if begun else ordered[0]
    code, parent_id = chosen.code, chosen.parent_id
    if chosen.valid_to is not None and chosen.valid_to <= on:
        code = f"{chosen.code}{ENDED}{state.organisation_id}"
        heirs = [link for link in state.successors if link.kind in INHERITS and link.change_date <= on]
        parent_id = max(heirs, key=lambda link: link.change_date).organisation_id if heirs else parent_id
    return Standing(state.organisation_id, code, chosen.name, chosen.kind, parent_id, chosen.path, state.version, bool(begun))


# A code in use belongs to whoever holds it now: an older holder, whose own newer state is still on its way, gives it up. An organisation
# that has not begun takes its code only where it is free.
GIVE_UP = """
UPDATE organisation_path p SET code = p.code || '#' || p.organisation_id
FROM jsonb_to_recordset($1::jsonb) AS r(organisation_id uuid, code text, version bigint, begun boolean)
WHERE r.begun AND p.code = r.code AND p.organisation_id <> r.organisation_id
    AND NOT EXISTS (SELECT FROM organisation_path o WHERE o.organisation_id = r.organisation_id AND o.version >= r.version)"""
UPSERT = """
INSERT INTO organisation_path AS p (organisation_id, code, name, kind, parent_id, path, version)
SELECT r.organisation_id,
    CASE WHEN r.begun OR NOT EXISTS (SELECT FROM organisation_path o WHERE o.code = r.code AND o.organisation_id <> r.organisation_id)
        THEN r.code ELSE r.code || '#' || r.organisation_id END,
    r.name, r.kind, r.parent_id, text2ltree(r.path), r.version
FROM jsonb_to_recordset($1::jsonb)
    AS r(organisation_id uuid, code text, name text, kind text, parent_id uuid, path text, version bigint, begun boolean)
ON CONFLICT (organisation_id) DO UPDATE
SET code = excluded.code, name = excluded.name, kind = excluded.kind, parent_id = excluded.parent_id, path = excluded.path,
    version = excluded.version
WHERE p.version < excluded.version"""
# Whoever has ended goes where its successor or parent goes. One level a round; the tree is a handful of levels deep.
FOLLOW = """
UPDATE organisation_path c SET path = p.path || text2ltree(replace(c.organisation_id::text, '-', ''))
FROM organisation_path p
WHERE c.parent_id = p.organisation_id AND c.code LIKE '%#%'
    AND c.path <> p.path || text2ltree(replace(c.organisation_id::text, '-', ''))
    AND NOT p.path ~ ('*.' || replace(c.organisation_id::text, '-', '') || '.*')::lquery"""
MAX_DEPTH = 20


def newest(states: Sequence[State]) -> list[State]:
    """Return the newest state of each organisation, in the order of the ids."""
    found: dict[UUID, State] = {}
    for state in states:
        if state.organisation_id not in found or found[state.organisation_id].version < state.version:
            found[state.organisation_id] = state
    return [found[organisation_id] for organisation_id in sorted(found)]


async def copy_states(db: WorkerSession, events: Sequence[Received]) -> None:
    """Bring `organisation_path` to what the events say; older versions change nothing."""
    on = today()
    rows = orjson.dumps([standing(state, on) for state in newest([event.parse(State) for event in events])]).decode()
    await db.execute(GIVE_UP, rows)
    await db.execute(UPSERT, rows)
    for _ in range(MAX_DEPTH):
        if await db.execute(FOLLOW) == "UPDATE 0":
            return


def organisation_copy(service_name: str) -> Consumer:
    """Return the consumer that keeps a service's `organisation_path`."""
    return consumer(name=f"{service_name}.organisation_path", topics=[REGISTRY_ORGANISATION_STATE], types=[STATE])(copy_states)


class UnknownOrganisationError(Exception):
    """An event names organisations that are not in the copy of the tree."""


UNKNOWN = """
SELECT r.organisation_id, EXISTS (SELECT FROM organisation_path) AS begun FROM unnest($1::uuid[]) AS r(organisation_id)
WHERE NOT EXISTS (SELECT FROM organisation_path o WHERE o.organisation_id = r.organisation_id)
ORDER BY r.organisation_id"""


async def known(db: WorkerSession, organisation_ids: Iterable[UUID]) -> None:
    """Make sure that the copy of the tree holds these organisations, ended ones too; raises UnknownOrganisationError.

    A tree without any organisation has not been copied yet, which is no event's fault: raises TransientError, and the events wait.
    """
    unknown = await db.fetch(UNKNOWN, list(set(organisation_ids)))
    if unknown and not unknown[0]["begun"]:
        raise TransientError("the tree of organisations has not come yet")
    if unknown:
        raise UnknownOrganisationError(", ".join(str(row["organisation_id"]) for row in unknown))
