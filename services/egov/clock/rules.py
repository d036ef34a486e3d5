"""Deadlines: pure arithmetic over a calendar, opening times and dated rules. Every result says which rules made it and why, step by step.

Days are counted by the civil code (2015, articles 147 and 148): the day of the event is not counted, the period ends with its last day, and
a period of calendar days or months whose last day is a day off ends on the next working day. A period of working days ends when the
agencies close. Instants go in and come out aware; days are those of Viet Nam.
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.egov.clock.hours import add_working_minutes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.egov.clock.calendar import WorkCalendar
    from services.egov.clock.hours import OpeningTimes
    from services.egov.clock.rulebook import Rulebook, RuleItem, RuleSetRef

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
END_OF_DAY = time(23, 59, 59)
CIVIL_CODE = "91/2015/QH13 art. 147, 148"


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAY = "working_day"
    WORKING_HOUR = "working_hour"
    CALENDAR_DAY = "calendar_day"
    HOUR = "hour"
    MINUTE = "minute"
    MONTH = "month"


class Mode(StrEnum):
    """What becomes of the time already used when the clock goes on: it counts (pause), or all starts from zero (supplement)."""

    RESUME = "resume"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of units, and the document that sets it."""

    value: int
    unit: Unit
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """The clock stood still from one instant to another."""

    stopped_at: datetime
    continued_at: datetime
    mode: Mode


@dataclass(frozen=True, slots=True)
class Why:
    """One step of the reasoning: what was done, to which day or instant it led, and by which rule."""

    what: str
    at: str
    rule: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due, and why. `certain` is false where the published calendar ends before the day."""

    due_at: datetime
    rule_set: RuleSetRef
    calendar: str
    certain: bool
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The tables that a deadline is computed from."""

    calendar: WorkCalendar
    hours: OpeningTimes
    rules: Rulebook

    def due(self, limit: Limit, start: datetime, *, interruptions: Sequence[Interruption] = (), cutoff: RuleItem | None = None) -> Deadline:
        """Return when the limit ends that runs from `start`; raises ValueError for a limit below 1 or interruptions out of order.

        `cutoff` is passed only where a rule says that what comes after that hour counts as received on the next working day (linked
        procedures, copies from the register): for other limits the hour concerns the forwarding of paper dossiers alone.
        """
        if limit.value < 1:
            raise ValueError(limit.value)
        run = _Run(self, limit, start.astimezone(LOCAL), cutoff)
        before = run.start
        for one in interruptions:
            stopped, continued = one.stopped_at.astimezone(LOCAL), one.continued_at.astimezone(LOCAL)
            if not before <= stopped <= continued:
                raise ValueError(one)
            if stopped >= run.end():
                break
            run.interrupt(stopped, continued, one.mode)
            before = continued
        due = run.end()
        why = (*run.why, Why(f"{run.left_text()} later", due.isoformat(), limit.legal_basis))
        return Deadline(due, self.rules.ref, self.calendar.version, self.calendar.knows(due.date()), why)

    def forward_by(self, received_at: datetime, *, electronic: bool) -> Deadline:
        """Return by when a received dossier is with whoever handles it: at once, or (paper) the same working day or the next morning."""
        local = received_at.astimezone(LOCAL)
        rule = self.rules.one(local.date(), "cutoff_2026", "cutoff_2025", "cutoff_2018")
        if electronic or rule is None:
            done = self.rules.one(local.date(), "forward_electronic_2025")
            why = Why("electronic dossiers go at once", local.isoformat(), done.id if done else "none")
            return Deadline(local, self.rules.ref, self.calendar.version, self.calendar.knows(local.date()), (why,))
        if self.calendar.is_working(local.date()) and local.time() <= time.fromisoformat(rule.value):
            due = self.closing(local.date())
            why = Why("received before the cut-off: the same working day", due.isoformat(), rule.id)
        else:
            day = self.calendar.next_working(local.date() + timedelta(days=1))
            due = datetime.combine(day, self.hours.opens(self.calendar, day), LOCAL)
            why = Why("received after the cut-off: at the start of the next working day", due.isoformat(), rule.id)
        return Deadline(due, self.rules.ref, self.calendar.version, self.calendar.knows(due.date()), (why,))

    def closing(self, day: date) -> datetime:
        """Return when the agencies close on a working day."""
        return datetime.combine(day, self.hours.closes(self.calendar, day), LOCAL)

    def apology_by(self, due_at: datetime) -> datetime:
        """Return the last instant for the apology: the close of the working day before (the text says day: the safe reading)."""
        return self.closing(self.calendar.previous_working(due_at.astimezone(LOCAL).date()))

    def working_days_late(self, due_at: datetime, done_at: datetime) -> int:
        """Return how many working days after the due date something was done; 0 when it was in time."""
        if done_at <= due_at:
            return 0
        return self.calendar.between(due_at.astimezone(LOCAL).date(), done_at.astimezone(LOCAL).date())


class _Run:
    """A limit while it is being counted: where it (re)started, and how much is left from there."""

    def __init__(self, clock: Clock, limit: Limit, start: datetime, cutoff: RuleItem | None) -> None:
        self._clock, self._limit, self._cutoff = clock, limit, cutoff
        self._left = limit.value * 60 if limit.unit is Unit.WORKING_HOUR else limit.value
        self._pause = timedelta()
        self.why: list[Why] = []
        self.start = self._received(start)

    def _received(self, at: datetime) -> datetime:
        """Return the instant that counts as the start, shifted by the cut-off where one applies."""
        calendar, rule = self._clock.calendar, self._cutoff
        if rule is not None and (not calendar.is_working(at.date()) or at.time() > time.fromisoformat(rule.value)):
            day = calendar.next_working(at.date() + timedelta(days=1))
            at = datetime.combine(day, self._clock.hours.opens(calendar, day), LOCAL)
            self.why.append(Why("received after the cut-off: counts as the next working day's", at.isoformat(), rule.id))
        started = self._clock.rules.one(at.date(), "start_2025", "start_2018")
        self.why.append(Why("the limit runs from here; this day is not counted", at.isoformat(), started.id if started else CIVIL_CODE))
        return at

    def interrupt(self, stopped: datetime, continued: datetime, mode: Mode) -> None:
        """Stop the clock and start it again."""
        self.why.append(Why(f"stopped ({mode})", stopped.isoformat(), mode))
        if mode is Mode.RESTART:
            self._left = self._limit.value * 60 if self._limit.unit is Unit.WORKING_HOUR else self._limit.value
            self._pause = timedelta()
            self.start = self._received(continued)
            return
        self._resume(stopped, continued)
        self.why.append(Why(f"goes on with {self.left_text()}", continued.isoformat(), mode))

    def _resume(self, stopped: datetime, continued: datetime) -> None:
        unit, calendar = self._limit.unit, self._clock.calendar
        if unit is Unit.WORKING_DAY:
            # The day on which the clock stops is given back: only whole days before it are used.
            self._left -= calendar.between(self.start.date(), max(self.start.date(), stopped.date() - timedelta(days=1)))
            self.start = continued
        elif unit is Unit.WORKING_HOUR:
            self._left -= self._open_minutes(self.start, stopped)
            self.start = continued
        else:
            days = unit in {Unit.CALENDAR_DAY, Unit.MONTH}
            self._pause += timedelta(days=(continued.date() - stopped.date()).days) if days else continued - stopped

    def _open_minutes(self, start: datetime, stop: datetime) -> int:
        calendar, minutes, day = self._clock.calendar, 0, start.date()
        while day <= stop.date():
            for begins, ends in self._clock.hours.intervals(calendar, day):
                opened, closed = datetime.combine(day, begins, LOCAL), datetime.combine(day, ends, LOCAL)
                minutes += max(0, int((min(stop, closed) - max(start, opened)).total_seconds() // 60))
            day += timedelta(days=1)
        return min(minutes, self._left - 1)

    def end(self) -> datetime:
        """Return when the limit ends as things stand."""
        calendar, unit = self._clock.calendar, self._limit.unit
        if unit is Unit.WORKING_DAY:
            return self._clock.closing(calendar.add(self.start.date(), self._left))
        if unit is Unit.WORKING_HOUR:
            return add_working_minutes(calendar, self._clock.hours, self.start, self._left)
        if unit in {Unit.HOUR, Unit.MINUTE}:
            return self.start + self._pause + (timedelta(hours=self._left) if unit is Unit.HOUR else timedelta(minutes=self._left))
        day = self.start.date() + timedelta(days=self._left) if unit is Unit.CALENDAR_DAY else add_months(self.start.date(), self._left)
        return datetime.combine(calendar.next_working(day + self._pause), END_OF_DAY, LOCAL)

    def left_text(self) -> str:
        """Return what is left, in words."""
        return f"{self._left} working minutes" if self._limit.unit is Unit.WORKING_HOUR else f"{self._left} × {self._limit.unit}"


def add_months(day: date, count: int) -> date:
    """Return the same day of a later month, or that month's last day when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))
