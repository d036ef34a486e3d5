"""Changes of the organisation tree: rules checked, timelines cut, everything that follows the tree brought along."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from libs.common.clock import today
from libs.common.db.write import WriteSession
from services.registry.conflicts import invalid
from services.registry.organisations import checks, links, rules, tree
from services.registry.organisations.events import (
    OrganisationChanged,
    OrganisationClosed,
    OrganisationCreated,
    OrganisationEvent,
    OrganisationMerged,
    OrganisationReparented,
)
from services.registry.organisations.problems import (
    ChildrenRemain,
    KindFixed,
    LaterVersionsExist,
    OrganisationNotInForce,
    ParentIsBelow,
    ParentNotInForce,
)
from services.registry.organisations.publish import publish
from services.registry.organisations.rules import Facts, NotInForceError, Version
from services.registry.organisations.schemas import (
    OrganisationBody,
    OrganisationChange,
    OrganisationClose,
    OrganisationCreate,
    OrganisationMerge,
    OrganisationReparent,
)
from services.registry.organisations.tables import Organisation

find = tree.find
refresh_current = tree.refresh_current
Session = tree.Session


@dataclass(frozen=True, slots=True)
class Upserted:
    """The organisation that a natural-key upsert made or met."""

    organisation_id: UUID
    created: bool


async def create(db: WriteSession, body: OrganisationCreate) -> UUID:
    """Create an organisation; returns its id. Raises Invalid, OrganisationCodeTaken or ParentNotInForce."""
    await tree.lock(db)
    return await _create(db, body.code, body)


async def upsert(db: WriteSession, code: str, body: OrganisationBody) -> Upserted:
    """Create the organisation or bring it to what the sender knows, from `valid_from` on; the same again changes nothing."""
    await tree.lock(db)
    on = body.valid_from or today()
    found = await tree.find(db, code, on)
    if found is None:
        return Upserted(await _create(db, code, body), created=True)
    row = await db.lock(Organisation, found.organisation_id, match=False)
    facts = await _facts(db, code, body, on)
    timeline = (await tree.load(db, [row.organisation_id]))[row.organisation_id]
    current = rules.at(timeline, on)
    if body.valid_to is not None and timeline[-1].valid_to != body.valid_to:
        raise invalid(
            "/valid_to", "use_close", "Hãy dùng thao tác đóng hoặc sáp nhập.", "Close or merge it: its end is a decision of its own."
        )
    if current is None or current.facts != facts:
        await _change(db, row, on, facts)
    return Upserted(row.organisation_id, created=False)


async def change(db: WriteSession, organisation_id: UUID, body: OrganisationChange) -> None:
    """Change what is true from a day on; what is absent stays. Raises OrganisationNotInForce."""
    await tree.lock(db)
    row = await db.lock(Organisation, organisation_id)
    on = body.valid_from or today()
    current = await _in_force(db, organisation_id, on)
    given = body.model_dump(exclude_unset=True, exclude={"valid_from", "attributes"})
    if "levels" in given:
        given["levels"] = tuple(given["levels"] or ())
    attributes = dict(current.facts.attributes) | (body.attributes.model_dump(exclude_none=True) if body.attributes else {})
    facts = replace(current.facts, **given, attributes=attributes)
    checks.facts(facts, on)
    await _change(db, row, on, facts)


async def reparent(db: WriteSession, organisation_id: UUID, body: OrganisationReparent) -> None:
    """Put an organisation under another parent from a day on."""
    await tree.lock(db)
    row = await db.lock(Organisation, organisation_id)
    current = await _in_force(db, organisation_id, body.change_date)
    parent = await checks.parent(db, current.facts.kind, body.parent_code, body.change_date)
    legal_basis = body.legal_basis or current.facts.legal_basis
    await _change(db, row, body.change_date, replace(current.facts, parent_id=parent, legal_basis=legal_basis))


async def close(db: WriteSession, organisation_id: UUID, body: OrganisationClose) -> list[UUID]:
    """End an organisation; nothing may stand under it any more, and learners need a school that takes its place.

    Returns the successors. Raises ChildrenRemain, LearnersRemain, LaterVersionsExist or OrganisationNotInForce.
    """
    await tree.lock(db)
    row = await db.lock(Organisation, organisation_id)
    successors = [await checks.successor(db, code, body.change_date, organisation_id) for code in body.successor_codes]
    await _close(db, row, body.change_date, body.legal_basis)
    if not successors:
        await checks.nobody_enrolled(db, organisation_id, body.change_date)
    kind = "split" if len(successors) > 1 else "replaced"
    for successor_id in successors:
        await links.add(db, organisation_id, successor_id, body.change_date, kind)
    await _settle(db, row, {}, OrganisationClosed, body.change_date)
    return successors


async def merge(db: WriteSession, organisation_id: UUID, body: OrganisationMerge) -> UUID:
    """Let an organisation go into another one: what stands under it moves there, then it ends, and access follows the link.

    Returns the successor.
    """
    await tree.lock(db)
    row = await db.lock(Organisation, organisation_id)
    into = await checks.successor(db, body.into_code, body.change_date, organisation_id)
    for child_id in await links.children(db, organisation_id, body.change_date):
        child = await db.lock(Organisation, child_id, match=False)
        current = await _in_force(db, child_id, body.change_date)
        await _change(db, child, body.change_date, replace(current.facts, parent_id=into))
    await _close(db, row, body.change_date, body.legal_basis)
    await links.add(db, organisation_id, into, body.change_date, "merged")
    await _settle(db, row, {}, OrganisationMerged, body.change_date)
    return into


async def _create(db: WriteSession, code: str, body: OrganisationBody) -> UUID:
    valid_from = body.valid_from or today()
    if body.valid_to is not None and body.valid_to <= valid_from:
        raise invalid("/valid_to", "order", "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning.")
    facts = await _facts(db, code, body, valid_from)
    row = Organisation(organisation_path="new", closed_on=body.valid_to)
    version = Version(valid_from, body.valid_to, facts)
    # The parent's place is needed before the row exists, since row security looks at the path of what is written.
    above = await tree.load(db, [facts.parent_id] if facts.parent_id else [])
    try:
        planted = rules.replant({row.organisation_id: [version]}, above)[row.organisation_id]
    except NotInForceError as error:
        raise ParentNotInForce from error
    row.organisation_path = tree.place_of(row.organisation_id, planted, today())
    db.add(row)
    await db.flush()
    await tree.rebuild(db, {row.organisation_id: planted})
    await tree.refresh_current(db)
    await publish(db, row, OrganisationCreated, valid_from)
    return row.organisation_id


async def _change(db: WriteSession, row: Organisation, on: date, facts: Facts) -> None:
    timeline = rules.joined((await tree.load(db, [row.organisation_id]))[row.organisation_id])
    current = rules.at(timeline, on)
    if current is None:
        raise OrganisationNotInForce
    if current.facts.kind != facts.kind:
        raise KindFixed
    if facts.parent_id in await tree.below(db, row.organisation_id):
        raise ParentIsBelow
    try:
        differing = await tree.rebuild(db, {row.organisation_id: rules.change(timeline, on, facts)})
    except NotInForceError as error:
        raise ParentNotInForce from error
    moved = current.facts.parent_id != facts.parent_id
    await _settle(db, row, differing, OrganisationReparented if moved else OrganisationChanged, on)


async def _close(db: WriteSession, row: Organisation, on: date, legal_basis: str | None) -> None:
    remaining = await links.children(db, row.organisation_id, on)
    if remaining:
        count = len(remaining)
        raise ChildrenRemain(detail_vi=f"Còn {count} đơn vị trực thuộc.", detail_en=f"{count} organisations still stand under it.")
    timeline = rules.joined((await tree.load(db, [row.organisation_id]))[row.organisation_id])
    try:
        ended = rules.close(timeline, on)
    except rules.LaterVersionsError as error:
        raise LaterVersionsExist from error
    except NotInForceError as error:
        raise OrganisationNotInForce from error
    if legal_basis is not None:
        ended[-1] = replace(ended[-1], facts=replace(ended[-1].facts, legal_basis=legal_basis))
    await tree.rebuild(db, {row.organisation_id: ended})
    row.closed_on = on


async def _settle(db: WriteSession, row: Organisation, differing: tree.Timelines, kind: type[OrganisationEvent], on: date) -> None:
    """Make the next version of the organisation and of those that moved with it, bring the current tree along, publish."""
    row.touch()
    await db.flush()
    await tree.refresh_current(db)
    await db.session.refresh(row, ["organisation_path"])
    await publish(db, row, kind, on)
    for organisation_id in sorted(set(differing) - {row.organisation_id}):
        below = await db.lock(Organisation, organisation_id, match=False)
        below.touch()
        await publish(db, below, OrganisationReparented, on)


async def _in_force(db: WriteSession, organisation_id: UUID, on: date) -> Version:
    current = rules.at((await tree.load(db, [organisation_id]))[organisation_id], on)
    if current is None:
        raise OrganisationNotInForce
    return current


async def _facts(db: WriteSession, code: str, body: OrganisationBody, on: date) -> Facts:
    parent = await checks.parent(db, body.kind, body.parent_code, on)
    facts = Facts(
        code=code,
        name=body.name,
        kind=body.kind,
        parent_id=parent,
        levels=tuple(body.levels),
        school_type=body.school_type,
        administrative_unit_code=body.administrative_unit_code,
        attributes=body.attributes.model_dump(exclude_none=True),
        legal_basis=body.legal_basis,
    )
    checks.facts(facts, on)
    return facts
