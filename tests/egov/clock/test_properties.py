"""The clock agrees with the slow oracle everywhere, and keeps the properties that any calendar has."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.egov.clock.calendar import public_calendar
from services.egov.clock.hours import agency_hours
from services.egov.clock.rulebook import rulebook
from services.egov.clock.rules import Clock, Interruption, Limit, Mode, Unit
from tests.egov.clock import oracle

CLOCK = Clock(public_calendar(), agency_hours(), rulebook())
MANY = settings(max_examples=400, deadline=None)
SOME = settings(max_examples=60, deadline=None)

days = st.dates(date(2015, 1, 1), date(2027, 6, 30))
instants = st.builds(
    lambda day, minute: datetime.combine(day, datetime.min.time(), oracle.HANOI) + timedelta(minutes=minute),
    days,
    st.integers(0, 24 * 60 - 1),
)


@st.composite
def stops(draw: st.DrawFn, start: datetime, spread_minutes: int, most: int = 3) -> list[oracle.Stop]:
    found: list[oracle.Stop] = []
    moment = start
    for _ in range(draw(st.integers(0, most))):
        stopped = moment + timedelta(minutes=draw(st.integers(0, spread_minutes)))
        moment = stopped + timedelta(minutes=draw(st.integers(0, spread_minutes)))
        found.append((stopped, moment, draw(st.sampled_from(["resume", "restart"]))))
    return found


def interruptions(found: list[oracle.Stop]) -> list[Interruption]:
    return [Interruption(stopped, continued, Mode(mode)) for stopped, continued, mode in found]


def limit(value: int, unit: Unit) -> Limit:
    return Limit(value, unit, "test")


@MANY
@given(instants, st.integers(1, 90))
def test_working_days(start: datetime, count: int) -> None:
    assert CLOCK.due(limit(count, Unit.WORKING_DAY), start).due_at == oracle.working_days(start, count)


@MANY
@given(st.data(), instants, st.integers(1, 30))
def test_working_days_with_interruptions(data: st.DataObject, start: datetime, count: int) -> None:
    found = data.draw(stops(start, 10 * 24 * 60))
    due = CLOCK.due(limit(count, Unit.WORKING_DAY), start, interruptions=interruptions(found)).due_at
    assert due == oracle.working_days(start, count, found)


@SOME
@given(st.data(), instants, st.integers(1, 24))
def test_working_hours_with_interruptions(data: st.DataObject, start: datetime, count: int) -> None:
    found = data.draw(stops(start, 2 * 24 * 60))
    due = CLOCK.due(limit(count, Unit.WORKING_HOUR), start, interruptions=interruptions(found)).due_at
    assert due == oracle.working_minutes(start, count * 60, found)


@MANY
@given(instants, st.integers(1, 120))
def test_calendar_days(start: datetime, count: int) -> None:
    assert CLOCK.due(limit(count, Unit.CALENDAR_DAY), start).due_at.date() == oracle.calendar_days(start, count)


@MANY
@given(st.datetimes(datetime(2015, 1, 1), datetime(2026, 6, 30)), st.integers(1, 12))  # noqa: DTZ001 - the zone is set below
def test_months(start: datetime, count: int) -> None:
    start = start.replace(tzinfo=oracle.HANOI)
    assert CLOCK.due(limit(count, Unit.MONTH), start).due_at.date() == oracle.months(start.date(), count)


@MANY
@given(instants, instants, st.integers(1, 60), st.sampled_from(list(Unit)))
def test_a_later_start_is_never_due_earlier_and_more_time_never_ends_sooner(one: datetime, other: datetime, count: int, unit: Unit) -> None:
    first, second = sorted([one, other])
    early, late = (CLOCK.due(limit(count, unit), start).due_at for start in (first, second))
    assert early <= late
    assert first < early <= CLOCK.due(limit(count + 1, unit), first).due_at


@MANY
@given(instants, st.integers(1, 30), st.integers(1, 30))
def test_working_days_add_up(start: datetime, one: int, other: int) -> None:
    halfway = CLOCK.due(limit(one, Unit.WORKING_DAY), start).due_at
    assert CLOCK.due(limit(other, Unit.WORKING_DAY), halfway).due_at == CLOCK.due(limit(one + other, Unit.WORKING_DAY), start).due_at


@MANY
@given(days, days)
def test_counting_between_days_is_stepping_through_them(one: date, other: date) -> None:
    first, last = sorted([one, other])
    last = min(last, first + timedelta(days=400))
    stepped = sum(oracle.works(first + timedelta(days=step)) for step in range(1, (last - first).days + 1))
    assert public_calendar().between(first, last) == stepped


@MANY
@given(instants, st.integers(1, 20))
def test_a_supplement_starts_the_limit_again_from_zero(start: datetime, count: int) -> None:
    continued = start + timedelta(days=9)
    stopped = start + timedelta(hours=1)
    due = CLOCK.due(limit(count, Unit.WORKING_DAY), start, interruptions=[Interruption(stopped, continued, Mode.RESTART)]).due_at
    assert due == CLOCK.due(limit(count, Unit.WORKING_DAY), continued).due_at
