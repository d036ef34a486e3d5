"""Dossier codes in the national formats: pure, by date."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.egov.clock.rulebook import CodeFormat

AGENCY = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9]{2,3}){0,3}")
LARGEST = 9999


class NumbersUsedUpError(ValueError):
    """The agency has received 9,999 dossiers on that day: the format has no further number."""


def dossier_code(agency: str, day: date, number: int) -> str:
    """Return the code of 03/2025/TT-VPCP: agency, day of intake, running number of the day; raises ValueError for a wrong part."""
    if not AGENCY.fullmatch(agency):
        raise ValueError(agency)
    if not 1 <= number <= LARGEST:
        raise NumbersUsedUpError(number)
    return f"{agency}-{day:%y%m%d}-{number:04d}"


def formats_of(code: str, formats: Iterable[CodeFormat]) -> list[str]:
    """Return the ids of the formats that a code fits; its day must exist."""
    found = []
    for one in formats:
        match = re.fullmatch(one.regex, code)
        if match and _is_day(match["date"]):
            found.append(one.id)
    return found


def _is_day(digits: str) -> bool:
    try:
        date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True
