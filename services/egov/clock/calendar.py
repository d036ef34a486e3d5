"""The calendar of the agencies: weekends, days off and make-up working days, as a table that counts in logarithmic time."""

from __future__ import annotations

import csv
import hashlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SATURDAY = 5
ONE_DAY = timedelta(days=1)
AHEAD = timedelta(days=366 * 15)
"""How far past the known table the calendar still answers, by weekends alone."""


class OutsideCalendarError(ValueError):
    """The day lies before the table's first year or too far behind its last one."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs from its weekday: a weekday (or holiday) off, or a weekend day that is worked."""

    day: date
    works: bool
    reason: str


@dataclass(frozen=True)
class WorkCalendar:
    """Working days between the first and the last known day; behind them plain weeks hold, and results there are not certain.

    `version` names the table's content, so that a stored result says which calendar made it.
    """

    special: Mapping[date, SpecialDay]
    first: date
    last: date
    version: str
    _days: list[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days, day = [], self.first
        while day <= self.last + AHEAD:
            if self.is_working(day):
                days.append(day)
            day += ONE_DAY
        object.__setattr__(self, "_days", days)

    def is_working(self, day: date) -> bool:
        """Tell whether the agencies work on that day."""
        special = self.special.get(day)
        return special.works if special else day.weekday() < SATURDAY

    def knows(self, day: date) -> bool:
        """Tell whether the day lies inside the published calendar."""
        return self.first <= day <= self.last

    def next_working(self, day: date) -> date:
        """Return the day itself when it is worked, else the next one that is."""
        return self._at(bisect_left(self._days, self._inside(day)))

    def previous_working(self, day: date) -> date:
        """Return the last working day before the day."""
        return self._at(bisect_left(self._days, self._inside(day)) - 1)

    def add(self, day: date, working_days: int) -> date:
        """Return the n-th working day after the day, which itself is not counted; raises ValueError unless n is at least 1."""
        if working_days < 1:
            raise ValueError(working_days)
        return self._at(bisect_right(self._days, self._inside(day)) + working_days - 1)

    def between(self, after: date, until: date) -> int:
        """Return the number of working days after the first day up to and with the last one; never negative."""
        return max(0, bisect_right(self._days, self._inside(until)) - bisect_right(self._days, self._inside(after)))

    def _inside(self, day: date) -> date:
        if not self.first <= day <= self.last + AHEAD:
            raise OutsideCalendarError(day)
        return day

    def _at(self, index: int) -> date:
        if not 0 <= index < len(self._days):
            raise OutsideCalendarError(index)
        return self._days[index]


def calendar_of(special: Iterable[SpecialDay], version: str = "given") -> WorkCalendar:
    """Return the calendar of these special days; it covers whole years, from that of the first one to that of the last one."""
    by_day = {one.day: one for one in special}
    if not by_day:
        raise ValueError(version)
    return WorkCalendar(by_day, date(min(by_day).year, 1, 1), date(max(by_day).year, 12, 31), version)


def read_calendar(text: str) -> WorkCalendar:
    """Read non-working-days.csv (columns date, kind `off` or `makeup_work`, reason)."""
    rows = csv.DictReader(text.splitlines())
    special = [SpecialDay(date.fromisoformat(row["date"]), row["kind"] == "makeup_work", row["reason"]) for row in rows]
    return calendar_of(special, hashlib.sha256(text.encode()).hexdigest()[:12])


@lru_cache(maxsize=1)
def public_calendar() -> WorkCalendar:
    """Return the public sector's calendar, 2015 to 2027 (package data)."""
    return read_calendar(files("services.egov.clock").joinpath("data/non-working-days.csv").read_text(encoding="utf-8"))
