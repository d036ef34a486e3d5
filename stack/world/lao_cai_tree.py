"""The tree of Lào Cai by date: communes of 2018 under nine education divisions, what became of each, and the communes of today."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from stack.world.model import Closure, Merge, OrganisationVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PROVINCE = "LC"
DEPARTMENT = "LC-SO"
FOUNDED = date(2011, 1, 1)
"""After the last change of communes before the plan (2010-11-10), so that the tree of 2018 needs no earlier history."""
COUNTED = date(2018, 2, 28)
TWO_TIERS = date(2025, 7, 1)
BASIS = "Nghị quyết 202/2025/QH15"
OLD_PROVINCE = "Tỉnh Lào Cai"
COMMUNE_KINDS = frozenset({"commune", "ward", "township"})
URBAN_KINDS = frozenset({"ward", "township"})
SA_PA_TOWN = "Thị xã Sa Pa"
KIND_WORDS = ("Thành phố ", "Thị xã ", "Huyện ", "Thị trấn ", "Phường ", "Xã ")


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history of units: a unit of before, and what it became on a day."""

    old_code: str
    old_name: str
    old_kind: str
    old_parent: str
    new_code: str
    new_name: str
    new_parent: str
    on: date
    basis: str
    change_type: str


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune as it was in 2018; `division` is the code of its education division."""

    code: str
    name: str
    division: str
    urban: bool


@cache
def changes() -> tuple[Change, ...]:
    """Return the history after the plan's day, in order of time."""
    with files("stack.world.data").joinpath("administrative-units-history.csv").open(encoding="utf-8") as lines:
        read = [_change(row) for row in csv.DictReader(lines)]
    return tuple(sorted((one for one in read if one.on > COUNTED), key=lambda one: (one.on, one.old_code, one.new_code)))


def _change(row: Mapping[str, str]) -> Change:
    return Change(
        row["old_code"],
        row["old_name"],
        row["old_kind"],
        row["old_parent"],
        row["new_code"],
        row["new_name"],
        row["new_parent"],
        date.fromisoformat(row["change_date"]),
        row["legal_basis"],
        row["change_type"],
    )


def bare(name: str) -> str:
    """Return a unit's name without the word for its kind."""
    word = next((word for word in KIND_WORDS if name.startswith(word)), "")
    return name.removeprefix(word)


def commune_code(unit: str) -> str:
    """Return the organisation code of a commune of before 2025-07-01."""
    return f"{PROVINCE}-C{unit}"


def successor_code(unit: str) -> str:
    """Return the organisation code of a commune made on 2025-07-01: unit codes are given anew, these are not."""
    return f"{PROVINCE}-X{unit}"


def _division(parent: str) -> str:
    """Return the code of the education division of a district named as `Huyện Sa Pa, Tỉnh Lào Cai`."""
    return f"{PROVINCE}-D{_districts()[bare(parent.partition(',')[0])]}"


@cache
def _districts() -> Mapping[str, str]:
    ended = [one for one in changes() if one.change_type == "abolished" and one.old_parent == OLD_PROVINCE]
    return {bare(one.old_name): one.old_code for one in ended}


@cache
def _of_old_province() -> tuple[Change, ...]:
    return tuple(one for one in changes() if one.old_kind in COMMUNE_KINDS and one.old_parent.endswith(OLD_PROVINCE))


def _first(code: str) -> Change:
    return next(one for one in _of_old_province() if one.old_code == code)


def _is_new_ward(first: Change) -> bool:
    """Tell whether a unit came only with the town of Sa Pa (2020-01-01), which had no wards before."""
    return first.on == TWO_TIERS and first.old_kind == "ward" and first.old_parent.startswith(SA_PA_TOWN)


@cache
def communes() -> tuple[Commune, ...]:
    """Return the communes of Lào Cai on the plan's day, by code."""
    found = []
    for code in sorted({one.old_code for one in _of_old_province()}):
        first = _first(code)
        if not _is_new_ward(first):
            found.append(Commune(code, first.old_name, _division(first.old_parent), first.old_kind in URBAN_KINDS))
    return tuple(found)


def organisations(schools: Iterable[OrganisationVersion]) -> tuple[OrganisationVersion, ...]:
    """Return every version: the tree of 2018 with its schools, the communes of today, and what changed in between."""
    return (*_founding(), *schools, *_new_wards(), *_today(), *_later())


def _founding() -> Sequence[OrganisationVersion]:
    above = [
        OrganisationVersion(PROVINCE, OLD_PROVINCE, "province", FOUNDED, administrative_unit_code="10"),
        OrganisationVersion(DEPARTMENT, "Sở Giáo dục và Đào tạo Lào Cai", "department", FOUNDED, PROVINCE),
    ]
    divisions = [
        OrganisationVersion(_division(name), _division_name(_name_in_2018(unit, name)), "department", FOUNDED, DEPARTMENT)
        for name, unit in _districts().items()
    ]
    below = [
        OrganisationVersion(commune_code(one.code), one.name, "commune", FOUNDED, one.division, administrative_unit_code=one.code)
        for one in communes()
    ]
    return [*above, *divisions, *below]


def _name_in_2018(unit: str, name: str) -> str:
    """Return a district's name with the word for its kind as of the plan's day."""
    return next(one.old_name for one in changes() if one.old_code == unit and bare(one.old_name) == name)


def _division_name(district: str) -> str:
    return f"Phòng Giáo dục và Đào tạo {district[0].lower()}{district[1:]}"


def _new_wards() -> Sequence[OrganisationVersion]:
    """Return the wards that the town of Sa Pa got when it was founded; no school of 2018 stands there."""
    first = [_first(code) for code in sorted({one.old_code for one in _of_old_province()})]
    born = date(2020, 1, 1)
    return [
        OrganisationVersion(
            commune_code(one.old_code), one.old_name, "commune", born, _division(one.old_parent), administrative_unit_code=one.old_code
        )
        for one in first
        if _is_new_ward(one)
    ]


def _today() -> Sequence[OrganisationVersion]:
    """Return the communes of the present Lào Cai that are not those of before; units that were left as they were go on."""
    units = {
        one.new_code: one.new_name
        for one in changes()
        if one.on == TWO_TIERS and one.old_kind in COMMUNE_KINDS and not (one.change_type == "unchanged" and one in _of_old_province())
    }
    return [
        OrganisationVersion(successor_code(unit), name, "commune", TWO_TIERS, PROVINCE, administrative_unit_code=unit, legal_basis=BASIS)
        for unit, name in sorted(units.items())
    ]


def _later() -> Sequence[OrganisationVersion]:
    """Return the further versions of what existed: new names, other districts, two tiers."""
    districts = [
        OrganisationVersion(_division(one.new_name), _division_name(one.new_name), "department", one.on, DEPARTMENT, legal_basis=one.basis)
        for one in changes()
        if one.old_kind == "district" and one.change_type == "status_changed" and one.old_parent == OLD_PROVINCE
    ]
    kept = [one for one in _of_old_province() if one.old_code == one.new_code and _goes_on(one)]
    renamed = [
        OrganisationVersion(
            commune_code(one.old_code),
            one.new_name,
            "commune",
            one.on,
            PROVINCE if one.on == TWO_TIERS else _division(one.new_parent),
            administrative_unit_code=one.new_code,
            legal_basis=one.basis,
        )
        for one in kept
    ]
    province = OrganisationVersion(PROVINCE, OLD_PROVINCE, "province", TWO_TIERS, administrative_unit_code="15", legal_basis=BASIS)
    return [*districts, *renamed, province]


def _goes_on(one: Change) -> bool:
    """Tell whether a unit goes on under its code: always before the two tiers, then only where it was left as it was."""
    return one.on != TWO_TIERS or one.change_type == "unchanged"


def merges() -> tuple[Merge, ...]:
    """Return which commune went into which, in order of time; of a divided one its schools follow the first part."""
    found: dict[tuple[str, date], Merge] = {}
    own = {(one.old_code, one.on) for one in _of_old_province() if one.old_code == one.new_code and _goes_on(one)}
    for one in _of_old_province():
        if (one.old_code, one.on) not in own:
            into = successor_code(one.new_code) if one.on == TWO_TIERS else commune_code(one.new_code)
            found.setdefault((one.old_code, one.on), Merge(commune_code(one.old_code), into, one.on, one.basis))
    return tuple(found.values())


def closures() -> tuple[Closure, ...]:
    """Return the education divisions, which ended with their districts."""
    ended = sorted(one for one in _districts().values())
    return tuple(Closure(f"{PROVINCE}-D{unit}", TWO_TIERS, BASIS) for unit in ended)
