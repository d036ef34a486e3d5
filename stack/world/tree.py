"""Brings the organisation tree of an installation to what a world says, version by version, touching only what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stack.world.model import Merge, OrganisationVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from stack.world.client import Gateway
    from stack.world.model import Closure, World

ORGANISATIONS = "/registry/v1/organisations"


def body_of(version: OrganisationVersion) -> dict[str, Any]:
    """Return the body of the upsert by code."""
    body: dict[str, Any] = {
        "name": version.name,
        "kind": version.kind,
        "parent_code": version.parent_code,
        "levels": list(version.levels),
        "school_type": version.school_type,
        "administrative_unit_code": version.administrative_unit_code,
        "valid_from": version.valid_from.isoformat(),
        "attributes": {} if version.has_website is None else {"has_website": version.has_website},
    }
    if version.valid_to:
        body["valid_to"] = version.valid_to.isoformat()
    if version.legal_basis:
        body["legal_basis"] = version.legal_basis
    return body


def differences(version: OrganisationVersion, known: dict[str, Any]) -> set[str]:
    """Return the fields in which the registry's answer as of the version's first day differs from the version."""
    wanted = body_of(version)
    compared = {"name", "parent_code", "levels", "school_type", "administrative_unit_code"}
    differing = {key for key in compared if wanted[key] != known.get(key)}
    attributes = known.get("attributes") or {}
    return differing | {key for key, value in wanted["attributes"].items() if attributes.get(key) != value}


def first_versions(versions: Sequence[OrganisationVersion]) -> list[OrganisationVersion]:
    """Return the first version of each organisation, in their order."""
    found: dict[str, OrganisationVersion] = {}
    for version in versions:
        found.setdefault(version.code, version)
    return list(found.values())


def changes(world: World) -> list[OrganisationVersion | Merge | Closure]:
    """Return all that happens to the tree after its founding, in order of time; on one day new versions come first, ends last."""
    first = {id(version) for version in first_versions(world.organisations)}
    later = [version for version in world.organisations if id(version) not in first]
    return sorted([*later, *world.merges, *world.closures], key=_day)


def _day(change: OrganisationVersion | Merge | Closure) -> date:
    return change.valid_from if isinstance(change, OrganisationVersion) else change.on


async def apply_changes(gateway: Gateway, world: World, told: Callable[[int], None]) -> None:
    """Make each change that the registry does not know of yet."""
    for done, change in enumerate(changes(world), start=1):
        if isinstance(change, OrganisationVersion):
            await _bring(gateway, change)
        else:
            await _end(gateway, change)
        told(done)


async def _bring(gateway: Gateway, version: OrganisationVersion) -> None:
    """Upsert a version that the registry does not hold yet."""
    known = await gateway.find(f"{ORGANISATIONS}/by-code/{version.code}", {"as_of": version.valid_from.isoformat()})
    if known is None:
        await gateway.send("PUT", f"{ORGANISATIONS}/by-code/{version.code}", json=body_of(version))
    else:
        await _correct(gateway, version, known.json(), known.headers.get("ETag", "*"))


async def _correct(gateway: Gateway, version: OrganisationVersion, known: dict[str, Any], tag: str) -> None:
    differing = differences(version, known)
    if differing == {"parent_code"}:
        move = {"parent_code": version.parent_code, "change_date": version.valid_from.isoformat()}
        if version.legal_basis:
            move["legal_basis"] = version.legal_basis
        headers = {"If-Match": tag, "Idempotency-Key": f"world-reparent-{version.code}-{version.valid_from}"}
        await gateway.send("POST", f"{ORGANISATIONS}/{known['organisation_id']}/reparent", json=move, headers=headers)
    elif differing:
        await gateway.send("PUT", f"{ORGANISATIONS}/by-code/{version.code}", json=body_of(version), headers={"If-Match": tag})


async def _end(gateway: Gateway, change: Merge | Closure) -> None:
    """Merge or close what still exists on the day of its end."""
    known = await gateway.find(f"{ORGANISATIONS}/by-code/{change.code}", {"as_of": change.on.isoformat()})
    if known is None or known.json().get("closed_on") is not None:
        return
    body = {"change_date": change.on.isoformat()} | ({"legal_basis": change.legal_basis} if change.legal_basis else {})
    verb = "close"
    if isinstance(change, Merge):
        body["into_code"], verb = change.into_code, "merge"
    headers = {"If-Match": known.headers.get("ETag", "*"), "Idempotency-Key": f"world-{verb}-{change.code}-{change.on}"}
    await gateway.send("POST", f"{ORGANISATIONS}/{known.json()['organisation_id']}/{verb}", json=body, headers=headers)
