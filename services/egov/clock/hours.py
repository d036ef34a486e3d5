"""Opening times of the agencies, dated, in local time; working hours are counted inside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.egov.clock.calendar import WorkCalendar

Interval = tuple[time, time]
MONDAY = 0


@dataclass(frozen=True, slots=True)
class HoursSet:
    """The opening times of every weekday from a day on."""

    id: str
    valid_from: date
    weekdays: Mapping[int, tuple[Interval, ...]]


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """All sets, in the order of their first days."""

    sets: Sequence[HoursSet]

    def set_on(self, day: date) -> HoursSet:
        """Return the set that holds on a day; raises LookupError before the first one."""
        return next(one for one in reversed(self.sets) if one.valid_from <= day) if day >= self.sets[0].valid_from else _none(day)

    def intervals(self, calendar: WorkCalendar, day: date) -> tuple[Interval, ...]:
        """Return when the agencies are open on a day; a make-up day has Monday's hours."""
        if not calendar.is_working(day):
            return ()
        weekdays = self.set_on(day).weekdays
        return weekdays.get(day.weekday()) or weekdays[MONDAY]

    def opens(self, calendar: WorkCalendar, day: date) -> time:
        """Return the first minute of a working day."""
        return self.intervals(calendar, day)[0][0]

    def closes(self, calendar: WorkCalendar, day: date) -> time:
        """Return the last minute of a working day."""
        return self.intervals(calendar, day)[-1][1]


def _none(day: date) -> HoursSet:
    raise LookupError(day)


def add_working_minutes(calendar: WorkCalendar, hours: OpeningTimes, start: datetime, minutes: int) -> datetime:
    """Return the instant at which that many minutes inside the opening times have passed; `start` is local, minutes at least 1."""
    if minutes < 1:
        raise ValueError(minutes)
    left, day = timedelta(minutes=minutes), start.date()
    while True:
        for begins, ends in hours.intervals(calendar, day):
            opened = max(start, datetime.combine(day, begins, start.tzinfo))
            closed = datetime.combine(day, ends, start.tzinfo)
            if closed <= opened:
                continue
            if left <= closed - opened:
                return opened + left
            left -= closed - opened
        day = calendar.next_working(day + timedelta(days=1))


def read_hours(document: Mapping[str, Any]) -> OpeningTimes:
    """Read agency-hours.yaml."""
    sets = [
        HoursSet(
            one["id"],
            date.fromisoformat(one["valid_from"]),
            {
                int(weekday): tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in intervals)
                for weekday, intervals in one["weekdays"].items()
            },
        )
        for one in document["sets"]
    ]
    return OpeningTimes(sorted(sets, key=lambda one: one.valid_from))


@lru_cache(maxsize=1)
def agency_hours() -> OpeningTimes:
    """Return the opening times (package data)."""
    text = files("services.egov.clock").joinpath("data/agency-hours.yaml").read_text(encoding="utf-8")
    return read_hours(yaml.safe_load(text))
