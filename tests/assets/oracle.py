"""Yearly wear calculated slowly and independently of the engine: fractions, read straight from asset-rules.yaml, every year from scratch.

It knows the rules in another form: an asset's years fall into stretches in which nothing about it changes, and what has been booked at the
end of year n of a stretch is a closed expression of the stretch's beginning.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

FACTS: dict[str, Any] = yaml.safe_load(Path("services/assets/wear/data/asset-rules.yaml").read_text(encoding="utf-8"))
TABLE = {entry["key"]: entry for entry in FACTS["classes"]}
HOUSES = {key for key in TABLE if key.startswith("house")} | {"yard_store_pool", "wall_well_other"}
CHANGE = 2026


@dataclass(frozen=True)
class Piece:
    """An asset as the oracle sees it; `opening` is (year, accumulated at its end), `costs` are (year, cost from then on)."""

    key: str
    cost: int
    first_year: int
    second_hand: int = 0
    opening: tuple[int, int] | None = None
    costs: tuple[tuple[int, int], ...] = ()


def nearest(amount: Fraction) -> int:
    """Round half up."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def table(key: str, year: int) -> tuple[int, Fraction]:
    """Return life and rate of a class in a year."""
    row = TABLE[key]["r141" if year >= CHANGE else "r23"]
    return row["life"], Fraction(str(row["rate"])) / 100


def accumulated(piece: Piece, year: int) -> int:
    """Return what is booked until the end of a year."""
    if piece.cost < FACTS["rules"]["fixed_asset"]["minimum_cost"] and piece.key not in HOUSES:
        return 0
    begin, booked = (piece.opening[0] + 1, piece.opening[1]) if piece.opening else (piece.first_year, 0)
    for start, end in stretches(piece, begin):
        if start > year:
            break
        booked = after(piece, start, min(end, year), booked, begin)
    return booked


def stretches(piece: Piece, begin: int) -> list[tuple[int, int]]:
    """Return first and last years of the stretches in which class, rate and cost stay as they are."""
    cuts = {begin} | {year for year, _ in piece.costs if year > begin}
    if table(piece.key, CHANGE - 1) != table(piece.key, CHANGE) and begin < CHANGE:
        cuts.add(CHANGE)
    ordered = sorted(cuts)
    return list(zip(ordered, [*(cut - 1 for cut in ordered[1:]), 10_000], strict=True))


def after(piece: Piece, start: int, end: int, before: int, begin: int) -> int:
    """Return what is booked at the end of year `end` of a stretch that began with `before` booked."""
    life, rate = table(piece.key, start)
    cost = ([piece.cost] + [value for year, value in piece.costs if year <= start])[-1]
    rest = cost - before
    if rest <= 0:
        return before
    last_year = piece.first_year - piece.second_hand + life - 1
    first = start == begin and piece.second_hand == 0 and table(piece.key, piece.first_year) == (life, rate)
    plain = first and not any(year == start for year, _ in piece.costs)
    if end >= last_year:
        return cost
    each = nearest(cost * rate) if plain else nearest(Fraction(rest, last_year - start + 1))
    return before + min(rest, each * (end - start + 1))
