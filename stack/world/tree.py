"""Brings the organisation tree of an installation to what a world says, version by version, touching only what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stack.world.client import Gateway
    from stack.world.model import Merge, OrganisationVersion

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


async def apply_tree(gateway: Gateway, versions: Sequence[OrganisationVersion], told: Callable[[int], None]) -> None:
    """Upsert each version that the registry does not hold yet."""
    for done, version in enumerate(versions, start=1):
        known = await gateway.find(f"{ORGANISATIONS}/by-code/{version.code}", {"as_of": version.valid_from.isoformat()})
        if known is None:
            await gateway.send("PUT", f"{ORGANISATIONS}/by-code/{version.code}", json=body_of(version))
        else:
            await _correct(gateway, version, known.json(), known.headers.get("ETag", "*"))
        told(done)


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


async def apply_merges(gateway: Gateway, merges: Sequence[Merge]) -> None:
    """Merge what still exists on the day of its merger."""
    for merge in merges:
        known = await gateway.find(f"{ORGANISATIONS}/by-code/{merge.code}", {"as_of": merge.on.isoformat()})
        if known is not None and known.json().get("closed_on") is None:
            organisation = known.json()["organisation_id"]
            headers = {"If-Match": known.headers.get("ETag", "*"), "Idempotency-Key": f"world-merge-{merge.code}-{merge.on}"}
            body = {"into_code": merge.into_code, "change_date": merge.on.isoformat()}
            await gateway.send("POST", f"{ORGANISATIONS}/{organisation}/merge", json=body, headers=headers)
