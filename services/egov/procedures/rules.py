"""Pure rules of the catalogue: which version of a procedure holds on a day, and which limit is the promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class InForce:
    """The version of a procedure that holds on a day, with the limits that it sets; None where the sources give no dates."""

    version: Mapping[str, Any] | None
    limits: Sequence[Mapping[str, Any]]
    papers_extra: Sequence[str] = ()


def in_force(procedure: Mapping[str, Any], on: date) -> InForce | None:
    """Return what holds on a day; None before the first dated version.

    A version that ends with a time-limited resolution is followed by the earlier one, which comes back unless the law is changed.
    """
    current = procedure["version"]
    if current is None:
        return InForce(None, procedure["limits"])
    earlier = sorted(procedure["earlier_versions"], key=lambda one: one["valid_from"] or "", reverse=True)
    if _holds(current, on) or (_ended(current, on) and not earlier):
        return InForce(current, procedure["limits"])
    if _ended(current, on):
        back = earlier[0] | {"valid_from": None, "valid_to": None, "note": "comes back after the end of a time-limited resolution"}
        return InForce(back, earlier[0]["limits"], earlier[0].get("papers_extra", ()))
    found = next((one for one in earlier if _holds(one, on)), None)
    return InForce(found, found["limits"], found.get("papers_extra", ())) if found else None


def _holds(version: Mapping[str, Any], on: date) -> bool:
    begun = version["valid_from"] is None or date.fromisoformat(version["valid_from"]) <= on
    return begun and not _ended(version, on)


def _ended(version: Mapping[str, Any], on: date) -> bool:
    return version["valid_to"] is not None and on > date.fromisoformat(version["valid_to"])


def limit_for(limits: Sequence[Mapping[str, Any]], role: str, condition: str) -> Mapping[str, Any] | None:
    """Return the limit of a role whose `when` contains the condition; None where the version sets none: then there is no promise."""
    fitting = [one for one in limits if one["role"] == role and condition in one["when"] and one["value"] is not None]
    return fitting[0] if len(fitting) == 1 else None


def promise(limits: Sequence[Mapping[str, Any]], condition: str) -> Mapping[str, Any] | None:
    """Return the limit that is the promise to the applicant under the condition."""
    return limit_for(limits, TOTAL, condition)
