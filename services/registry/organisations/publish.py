"""Events of one organisation, built from what is stored: a fact for the history, and the whole for the compacted state."""

from datetime import date
from typing import Any

from libs.common.db.write import WriteSession
from services.registry.organisations import links, tree
from services.registry.organisations.events import OrganisationEvent, OrganisationState, StateVersion
from services.registry.organisations.rules import Version
from services.registry.organisations.tables import Organisation


async def publish(db: WriteSession, row: Organisation, kind: type[OrganisationEvent], on: date) -> None:
    """Record what happened to an organisation on a day, and its new state."""
    timeline = (await tree.load(db, [row.organisation_id]))[row.organisation_id]
    version = next((found for found in reversed(timeline) if found.valid_from <= on), timeline[0])
    parent_id = version.facts.parent_id
    above = (await tree.load(db, [parent_id]))[parent_id] if parent_id else []
    parent = next((found for found in reversed(above) if found.valid_from <= on), None)
    successors = await links.successors(db, row.organisation_id)
    db.record(
        kind(
            organisation_id=row.organisation_id,
            parent_code=parent.facts.code if parent else None,
            legal_basis=version.facts.legal_basis,
            successors=successors,
            version=row.version,
            **_stored(version),
        ),
        row,
    )
    versions = [StateVersion(**_stored(found)) for found in timeline]
    db.record(OrganisationState(organisation_id=row.organisation_id, versions=versions, successors=successors, version=row.version))


def _stored(version: Version) -> dict[str, Any]:
    facts = version.facts
    return {
        "code": facts.code,
        "name": facts.name,
        "kind": facts.kind,
        "parent_id": facts.parent_id,
        "path": version.path,
        "levels": list(facts.levels),
        "school_type": facts.school_type,
        "administrative_unit_code": facts.administrative_unit_code,
        "attributes": dict(facts.attributes),
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
    }
