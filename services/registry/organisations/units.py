"""Administrative units as dated package data: a code means something only with a date (02647 was Kim Tân, now it is Lào Cai)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from libs.common.text import fold
from libs.common.validation import did_you_mean

COMMUNE_DIGITS, PROVINCE_DIGITS = 5, 2
TWO_TIERS_FROM = date(2025, 7, 1)
"""The list of Decision 19/2025/QĐ-TTg is complete from this day; before it only the units that became the present Lào Cai are known."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One dated version of an administrative unit; `valid_to` is exclusive, as everywhere in the registry."""

    code: str
    name: str
    full_name: str
    kind: str
    parent_code: str | None
    valid_from: date
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        """Tell whether the unit exists on that day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


def find(code: str, on: date) -> Unit | None:
    """Return the unit that bears the code on that day."""
    return next((unit for unit in _by_code().get(code, ()) if unit.in_force(on)), None)


def is_verifiable(code: str, on: date) -> bool:
    """Tell whether our lists can say anything about the code on that day: before the two tiers they cover the present Lào Cai only."""
    return on >= TWO_TIERS_FROM or code in _by_old_code()


def suggest(text: str, on: date) -> Unit | None:
    """Return the unit a person most likely meant by a wrong code or by a name, accents or not."""
    names = _names(on)
    key = fold(text)
    if key in names:
        return names[key]
    if key.isdecimal():
        # A spreadsheet takes leading zeros away: by far the commonest mistake.
        padded = find(key.zfill(COMMUNE_DIGITS), on) or find(key.zfill(PROVINCE_DIGITS), on)
        if padded is not None:
            return padded
        near = did_you_mean(text, [code for code, versions in _by_code().items() if any(unit.in_force(on) for unit in versions)])
        return find(near, on) if near else None
    near = did_you_mean(key, names)
    return names[near] if near else None


@cache
def _by_code() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    for unit in (*_listed("administrative-units.csv"), *_listed("administrative-units-superseded.csv"), *_by_old_code().values()):
        found[unit.code] = (*found.get(unit.code, ()), unit)
    return found


@cache
def _names(on: date) -> dict[str, Unit]:
    """Return the units of a day by folded name and full name; a name that several bear leads to the first of them."""
    found: dict[str, Unit] = {}
    for versions in _by_code().values():
        for unit in versions:
            if unit.in_force(on):
                found.setdefault(fold(unit.full_name), unit)
                found.setdefault(fold(unit.name), unit)
    return found


def _listed(name: str) -> Iterator[Unit]:
    for row in _rows(name):
        last = row["valid_to"]
        yield Unit(
            code=row["code"],
            name=row["name"],
            full_name=row["full_name"],
            kind=row["kind"],
            parent_code=row["parent_code"] or None,
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(last) + timedelta(days=1) if last else None,
        )


@cache
def _by_old_code() -> dict[str, Unit]:
    """Return the units before the two tiers, by code: each ends on the day its (last) change took effect."""
    found: dict[str, Unit] = {}
    for row in _rows("administrative-units-history.csv"):
        end = date.fromisoformat(row["change_date"])
        known = found.get(row["old_code"])
        if known is None or known.valid_to is None or known.valid_to < end:
            name = row["old_name"]
            found[row["old_code"]] = Unit(row["old_code"], name, name, row["old_kind"], None, date.min, end)
    return found


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
