"""Known days, the cut-off where it applies, dated rules, and results that explain themselves."""

from datetime import date, datetime, timedelta

import pytest

from services.egov.clock.calendar import OutsideCalendarError, SpecialDay, calendar_of, public_calendar
from services.egov.clock.hours import agency_hours
from services.egov.clock.rulebook import rulebook
from services.egov.clock.rules import LOCAL, Clock, Interruption, Limit, Mode, Unit
from tests.egov.clock import oracle

CLOCK = Clock(public_calendar(), agency_hours(), rulebook())
FIVE = Limit(5, Unit.WORKING_DAY, "15/2026/TT-BGDĐT art. 34")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-16T09:00", "2026-11-23T17:00"),  # a plain week
        ("2026-11-16T16:59", "2026-11-23T17:00"),  # the hour of the day makes no difference, nor does the cut-off
        ("2026-11-18T09:00", "2026-11-26T17:00"),  # Culture Day, 24 November
        ("2026-11-14T09:00", "2026-11-20T17:00"),  # received on a Saturday: Monday is day one
        ("2026-12-31T09:00", "2027-01-08T17:00"),  # New Year
        ("2027-02-03T09:00", "2027-02-17T17:00"),  # Tết: 4 to 10 February
        ("2026-01-05T09:00", "2026-01-10T17:00"),  # Saturday 10 January is worked for 2 January
    ],
)
def test_five_working_days(start: str, due: str) -> None:
    assert CLOCK.due(FIVE, at(start)).due_at == at(due)


def test_eight_working_hours_are_one_day_of_the_desk() -> None:
    limit = Limit(8, Unit.WORKING_HOUR, "118/2025/NĐ-CP art. 17.2c")
    assert CLOCK.due(limit, at("2026-11-16T10:00")).due_at == at("2026-11-17T10:00")
    assert CLOCK.due(limit, at("2026-11-13T22:10")).due_at == at("2026-11-16T17:00")


def test_the_cutoff_shifts_the_start_only_where_a_rule_says_so() -> None:
    linked = rulebook().items["linked_cutoff"]
    assert linked.value == "15:00"
    early, late, exact = at("2026-11-16T14:59"), at("2026-11-16T15:01"), at("2026-11-16T15:00")
    assert CLOCK.due(FIVE, early, cutoff=linked).due_at == CLOCK.due(FIVE, exact, cutoff=linked).due_at == at("2026-11-23T17:00")
    assert CLOCK.due(FIVE, late, cutoff=linked).due_at == at("2026-11-25T17:00")  # from the 17th, over Culture Day
    assert CLOCK.due(FIVE, late).due_at == at("2026-11-23T17:00")


def test_counter_dossiers_are_forwarded_the_same_day_or_the_next_morning() -> None:
    assert CLOCK.forward_by(at("2026-11-16T15:00"), electronic=False).due_at == at("2026-11-16T17:00")
    assert CLOCK.forward_by(at("2026-11-20T15:01"), electronic=False).due_at == at("2026-11-23T07:30")
    assert CLOCK.forward_by(at("2026-11-21T09:00"), electronic=False).due_at == at("2026-11-23T07:30")
    electronic = CLOCK.forward_by(at("2026-11-16T20:00"), electronic=True)
    assert electronic.due_at == at("2026-11-16T20:00")
    assert electronic.why[0].rule == "forward_electronic_2025"
    assert CLOCK.forward_by(at("2019-11-20T15:01"), electronic=False).why[0].rule == "cutoff_2018"


def test_a_result_says_which_rules_made_it_and_why() -> None:
    deadline = CLOCK.due(FIVE, at("2026-11-16T09:00"))
    assert deadline.rule_set == rulebook().ref
    assert deadline.rule_set.version.startswith("2026-11-25+")
    assert deadline.calendar == public_calendar().version
    assert deadline.certain
    assert [step.rule for step in deadline.why] == ["start_2025", "15/2026/TT-BGDĐT art. 34"]
    assert CLOCK.due(FIVE, at("2020-11-16T09:00")).why[0].rule == "start_2018"
    stopped = CLOCK.due(
        FIVE, at("2026-11-16T09:00"), interruptions=[Interruption(at("2026-11-17T09:00"), at("2026-11-20T09:00"), Mode.RESUME)]
    )
    assert [step.what for step in stopped.why] == [
        "the limit runs from here; this day is not counted",
        "stopped (resume)",
        "goes on with 5 × working_day",
        "5 × working_day later",
    ]


def test_behind_the_published_calendar_a_result_is_not_certain() -> None:
    deadline = CLOCK.due(FIVE, at("2027-12-29T09:00"))
    assert (deadline.certain, deadline.due_at) == (False, at("2028-01-05T17:00"))
    with pytest.raises(OutsideCalendarError):
        CLOCK.due(FIVE, at("2014-12-29T09:00"))
    with pytest.raises(OutsideCalendarError):
        CLOCK.due(FIVE, at("2060-12-29T09:00"))


def test_the_apology_is_due_on_the_working_day_before() -> None:
    assert CLOCK.apology_by(at("2026-11-23T17:00")) == at("2026-11-20T17:00")


def test_lateness_is_counted_in_working_days() -> None:
    due = at("2026-11-20T17:00")
    assert CLOCK.working_days_late(due, due) == 0
    assert CLOCK.working_days_late(due, at("2026-11-20T17:01")) == 0
    assert CLOCK.working_days_late(due, at("2026-11-25T08:00")) == 2


def test_interruptions_out_of_order_and_empty_limits_are_refused() -> None:
    start = at("2026-11-16T09:00")
    with pytest.raises(ValueError, match="Interruption"):
        CLOCK.due(FIVE, start, interruptions=[Interruption(start - timedelta(days=1), start, Mode.RESUME)])
    with pytest.raises(ValueError, match="0"):
        CLOCK.due(Limit(0, Unit.WORKING_DAY, "x"), start)


def test_the_table_is_the_published_one() -> None:
    calendar = public_calendar()
    assert (calendar.first, calendar.last) == (date(2015, 1, 1), date(2027, 12, 31))
    assert sum(special.works for special in calendar.special.values()) == 8
    for first, last, a_year in ((2016, 2020, 10), (2021, 2025, 11), (2026, 2027, 12)):  # statutory days, once swaps are taken off
        special = [one for one in calendar.special.values() if first <= one.day.year <= last]
        off = sum(not one.works and one.day.isoweekday() <= 5 for one in special)
        assert off - sum(one.works for one in special) == a_year * (last - first + 1), first
    day = calendar.first
    while day <= calendar.last:
        assert calendar.is_working(day) is oracle.works(day)
        day += timedelta(days=1)


def test_a_make_up_day_has_mondays_hours() -> None:
    calendar = calendar_of([SpecialDay(date(2026, 1, 10), works=True, reason="x")])
    assert agency_hours().intervals(calendar, date(2026, 1, 10)) == agency_hours().intervals(calendar, date(2026, 1, 5))


def test_every_rule_of_a_day_is_dated() -> None:
    book = rulebook()
    assert len(book.statuses) == 10
    assert [item.id for item in book.on(date(2026, 8, 4), "cutoff_hour")] == ["cutoff_2025"]
    assert [item.id for item in book.on(date(2026, 8, 5), "cutoff_hour")] == ["cutoff_2026"]
    assert book.one(date(2024, 1, 1), "supplement_close_2025") is None
