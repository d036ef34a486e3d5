"""What Lào Cai's education department does on paper and online: procedures with their levels, counts of documents."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from stack.world import printed
from stack.world.lao_cai_schools import PLAN
from stack.world.lao_cai_tree import DEPARTMENT
from stack.world.model import DocumentCount, Offer
from stack.world.spread import spread

if TYPE_CHECKING:
    from collections.abc import Mapping

OFFERED_FROM = date(2017, 1, 1)
MONTHS = tuple((2017 + (month + 1) // 12, (month + 1) % 12 + 1) for month in range(1, 13))
"""March 2017 to February 2018: the year that ends with the plan's day."""
WEIGHTS = (9, 9, 10, 8, 6, 9, 12, 11, 10, 10, 9, 7)


def offers() -> tuple[Offer, ...]:
    """Return the department's procedures: the first ones at level 4, then level 3, all others at level 2, all on the one-stop software."""
    numbers: Mapping[str, int] = printed.facts(PLAN)["procedures"]["printed"]
    full, partial, total = numbers["level_4"], numbers["level_3"], numbers["of"]
    levels = ["4"] * full + ["3"] * partial + ["2"] * (total - full - partial)
    return tuple(
        Offer(DEPARTMENT, code, level, index < numbers["on_one_stop_software"], OFFERED_FROM)
        for index, (code, level) in enumerate(zip(_codes()[:total], levels, strict=True))
    )


def _codes() -> list[str]:
    """Return codes of national procedures of the sector; which ones the department offered in 2018 is made up."""
    text = files("stack.world.data").joinpath("procedure-codes.csv").read_text(encoding="utf-8")
    return text.splitlines()[1:]


def documents() -> tuple[DocumentCount, ...]:
    """Return documents by month; what was scanned is spread within what there was."""
    numbers: Mapping[str, int] = printed.facts(PLAN)["documents"]["printed"]
    incoming, outgoing = (spread(numbers[key], WEIGHTS) for key in ("incoming", "outgoing"))
    incoming_scanned = spread(numbers["incoming_scanned"], WEIGHTS, caps=incoming)
    outgoing_scanned = spread(numbers["outgoing_scanned"], WEIGHTS, caps=outgoing)
    return tuple(
        DocumentCount(DEPARTMENT, date(year, month, 1), _last_day(year, month), *counts)
        for (year, month), *counts in zip(MONTHS, incoming, incoming_scanned, outgoing, outgoing_scanned, strict=True)
    )


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
