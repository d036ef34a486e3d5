"""An independent, slow clock: it walks day by day or minute by minute and knows nothing of the library's tables."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
TABLE = Path("services/egov/clock/data/non-working-days.csv")
HALVES = ((time(7, 30), time(11, 30)), (time(13), time(17)))
Stop = tuple[datetime, datetime, str]
with TABLE.open(encoding="utf-8") as lines:
    KINDS = {row["date"]: row["kind"] for row in csv.DictReader(lines)}


def works(day: date) -> bool:
    kind = KINDS.get(day.isoformat())
    if kind is None:
        return day.isoweekday() <= 5
    return kind == "makeup_work"


def closing(day: date) -> datetime:
    return datetime.combine(day, time(17), HANOI)


def working_days(start: datetime, count: int, stops: Sequence[Stop] = ()) -> datetime:
    """The count-th worked day after the first one; a day on which the clock stops or goes on is not used up."""
    day, used, waiting = start.date(), 0, list(stops)
    while True:
        if waiting and waiting[0][0].date() <= day:
            stopped, continued, mode = waiting[0]
            due_first = used + 1 == count and works(day) and day > start.date() and stopped >= closing(day)
            if not due_first:
                waiting.pop(0)
                day, start = continued.date(), continued
                used = 0 if mode == "restart" else used
                if waiting and waiting[0][0].date() == day:
                    continue
                day += timedelta(days=1)
                continue
        if day > start.date() and works(day):
            used += 1
            if used == count:
                return closing(day)
        day += timedelta(days=1)


def is_open(moment: datetime) -> bool:
    return works(moment.date()) and any(begins <= moment.time() < ends for begins, ends in HALVES)


def working_minutes(start: datetime, count: int, stops: Sequence[Stop] = ()) -> datetime:
    """Every open minute counts, unless the clock stands still."""
    moment, used, waiting = start, 0, list(stops)
    while True:
        if waiting and moment >= waiting[0][0]:
            _, continued, mode = waiting.pop(0)
            moment = max(moment, continued)
            used = 0 if mode == "restart" else used
            continue
        used += is_open(moment)
        moment += timedelta(minutes=1)
        if used == count:
            return moment


def calendar_days(start: datetime, count: int) -> date:
    day, passed = start.date(), 0
    while passed < count or not works(day):
        day += timedelta(days=1)
        passed += 1
    return day


def months(start: date, count: int) -> date:
    """Step month by month; a day that the last month lacks becomes that month's last day, then the next worked day."""
    year, month = start.year, start.month
    for _ in range(count):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    found = date(year, month, 1)
    while found.day < start.day and (found + timedelta(days=1)).month == month:
        found += timedelta(days=1)
    while not works(found):
        found += timedelta(days=1)
    return found
