"""The package against a second, slow evaluator, over random rules."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.recurrence import (
    InvalidRule,
    Mode,
    Position,
    parse_rule,
    start_series,
    to_utc,
    upcoming,
    zone_named,
)
from app.recurrence.pattern import Pattern
from tests.unit.recurrence.brute_force import days_of_series
from tests.unit.recurrence.strategies import dates, rule_texts

UTC = zone_named("UTC")
YEARS = 12


@settings(
    deadline=None,
    max_examples=160,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=rule_texts(), anchor=dates())
@example(text="FREQ=YEARLY;BYWEEKNO=-53,-52;BYDAY=MO", anchor=date(2014, 1, 1))
@example(text="FREQ=YEARLY;BYWEEKNO=1,53;WKST=SU", anchor=date(2011, 12, 31))
@example(text="FREQ=YEARLY;BYDAY=MO,20TU;BYSETPOS=2,-1", anchor=date(2020, 2, 29))
@example(text="FREQ=YEARLY;BYMONTH=1,3;BYDAY=WE,-1FR", anchor=date(2020, 2, 29))
@example(text="FREQ=WEEKLY;INTERVAL=2;BYMONTH=1,12;BYSETPOS=-1;WKST=FR", anchor=date(2019, 12, 30))
@example(text="FREQ=DAILY;INTERVAL=13;BYMONTHDAY=-1,1;BYSETPOS=-1", anchor=date(2000, 1, 31))
def test_random_rules_have_the_days_of_the_table(text: str, anchor: date) -> None:
    rule = parse_rule(text)
    until = date(anchor.year + YEARS, 12, 31)
    expected = days_of_series(rule, anchor, until)
    try:
        position = start_series(rule, anchor, UTC, Mode.NEXT)
    except InvalidRule:
        assert expected == [anchor]
        return
    found, _ = upcoming(
        rule, position, anchor, UTC, Mode.NEXT, start=None, end=until, limit=len(expected) + 1
    )
    assert [anchor, *(after.slot for after in found)] == expected
    assert [after.occurrence for after in found] == list(range(2, len(expected) + 1))


@settings(
    deadline=None,
    max_examples=80,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=rule_texts(), anchor=dates(), day=dates(1990, 2050), later=dates(1990, 2050))
def test_days_are_counted_as_they_are_walked(
    text: str, anchor: date, day: date, later: date
) -> None:
    rule = parse_rule(text)
    days = days_of_series(rule, anchor, later)[1:]
    pattern = Pattern(rule, anchor)
    assert pattern.count_between(day, later) == sum(day < each <= later for each in days)
    assert pattern.has(later) is (later == anchor or later in days)


@settings(deadline=None, max_examples=25, derandomize=True, database=None)
@given(text=rule_texts(), anchor=dates())
def test_days_are_counted_across_whole_cycles_of_the_calendar(text: str, anchor: date) -> None:
    pattern = Pattern(parse_rule(text), anchor)
    middle, end = date(2300, 6, 15), anchor + timedelta(days=1_000_000)
    whole = pattern.count_between(anchor, end)
    assert whole == pattern.count_between(anchor, middle) + pattern.count_between(middle, end)


@settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    text=rule_texts(),
    skipped=st.sampled_from(
        [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kiritimati", date(1994, 12, 31))]
    ),
    days_before=st.integers(0, 60),
    hour=st.sampled_from([0, 9, 23]),
)
def test_a_skipped_day_makes_no_second_occurrence_of_an_instant(
    text: str, skipped: tuple[str, date], days_before: int, hour: int
) -> None:
    zone, gap = zone_named(skipped[0]), skipped[1]
    due = datetime.combine(gap - timedelta(days=days_before), time(hour))
    until = gap + timedelta(days=400)
    rule = parse_rule(text)
    days = days_of_series(rule, due.date(), until)
    instants = sorted({to_utc(datetime.combine(day, time(hour)), zone) for day in days})
    found, _ = upcoming(
        rule, Position(due, due, 1), due, zone, Mode.NEXT, start=None, end=until, limit=500
    )
    assert [to_utc(due, zone), *(moment(after, zone) for after in found)] == instants
    assert [after.occurrence for after in found] == list(range(2, len(instants) + 1))


def moment(position: Position, zone: ZoneInfo) -> datetime:
    assert isinstance(position.slot, datetime)
    return to_utc(position.slot, zone)
