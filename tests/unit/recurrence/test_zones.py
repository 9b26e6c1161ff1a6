"""Zone names, wall times, instants, and the ends of local days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recurrence import (
    UnknownZone,
    end_of_day,
    start_of_day,
    to_utc,
    to_wall,
    zone_named,
)
from app.recurrence.zones import FIRST_MOMENT, LAST_MOMENT, date_in, skipped_days
from tests.unit.recurrence.strategies import ZONES, dates, wall_times


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_named("Europe/Berlin").key == "Europe/Berlin"
    assert zone_named("UTC").key == "UTC"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Mars/Olympus",
        "europe/berlin",
        "Europe/Berlin ",
        "Europe",
        "\x00",
        "UTC\x00",
        "../UTC",
        "../../etc/passwd",
        "/etc/localtime",
        "/usr/share/zoneinfo/UTC",
        "C:\\UTC",
        "\ud800",
        "Zürich",
        "+01:00",
        "A" * 10_000,
    ],
)
def test_any_other_name_is_an_unknown_zone(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        zone_named(name)
    assert len(str(refusal.value)) < 70
    assert str(refusal.value).encode()


def test_the_refusal_names_the_zone() -> None:
    with pytest.raises(UnknownZone, match=r"^Unknown time zone 'Mars/Olympus'\.$"):
        zone_named("Mars/Olympus")


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),
        ("Asia/Kathmandu", "2026-03-01T00:00", "2026-02-28T18:15"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T19:00"),
        ("Pacific/Apia", "2011-12-31T09:00", "2011-12-30T19:00"),
    ],
)
def test_a_wall_time_has_one_instant(zone: str, wall: str, instant: str) -> None:
    assert to_utc(datetime.fromisoformat(wall), zone_named(zone)) == utc(instant)


def test_a_wall_time_beyond_the_calendar_overflows() -> None:
    with pytest.raises(OverflowError):
        to_utc(datetime(9999, 12, 31, 23), zone_named("America/New_York"))
    with pytest.raises(OverflowError):
        to_utc(datetime(1, 1, 1), zone_named("Asia/Tokyo"))


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("UTC", "2026-03-01", "2026-03-01T00:00", "2026-03-01T23:59:59"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00", "2026-03-09T03:59:59"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", "2026-11-02T04:59:59"),
        # Midnight is skipped: the day starts at 01:00.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", "2018-11-05T01:59:59"),
        # The last hour comes twice.
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", "2018-02-18T02:59:59"),
        # The clocks went back at 00:01, into the day before.
        ("America/St_Johns", "2010-11-06", "2010-11-06T02:30", "2010-11-07T03:29:59"),
        # The clocks went from 23:30 to 00:30: both days lack half an hour.
        ("America/Toronto", "1919-03-30", "1919-03-30T05:00", "1919-03-31T04:29:59"),
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30", "1919-04-01T03:59:59"),
    ],
)
def test_a_local_day_has_its_first_and_last_second(
    zone: str, day: str, first: str, last: str
) -> None:
    info, there = zone_named(zone), date.fromisoformat(day)
    assert start_of_day(there, info) == utc(first)
    assert end_of_day(there, info) == utc(last)


def test_days_beyond_the_calendar_are_clamped() -> None:
    tokyo, new_york = zone_named("Asia/Tokyo"), zone_named("America/New_York")
    assert start_of_day(date.min, tokyo) == FIRST_MOMENT == utc("0001-01-01T00:00:00")
    assert end_of_day(date.max, new_york) == LAST_MOMENT == utc("9999-12-31T23:59:59")
    assert start_of_day(date.max, new_york) == utc("9999-12-31T05:00")
    assert end_of_day(date.min, tokyo) > FIRST_MOMENT


def test_a_local_date_beyond_the_calendar_is_the_nearest_there_is() -> None:
    assert date_in(FIRST_MOMENT, zone_named("America/New_York")) == date.min
    assert date_in(LAST_MOMENT, zone_named("Asia/Tokyo")) == date.max


def test_the_days_that_a_zone_has_skipped_are_known() -> None:
    assert skipped_days(zone_named("Pacific/Apia")) == {date(2011, 12, 30)}
    assert len(skipped_days(zone_named("Pacific/Kwajalein"))) == 1
    assert skipped_days(zone_named("Europe/Berlin")) == frozenset()


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(wall=wall_times(), name=st.sampled_from(ZONES))
def test_an_instant_comes_back_as_its_wall_time_or_shifted_out_of_a_gap(
    wall: datetime, name: str
) -> None:
    zone = zone_named(name)
    instant = to_utc(wall, zone)
    back = to_wall(instant, zone)
    assert back >= wall
    assert to_utc(back, zone) == instant


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(day=dates(), name=st.sampled_from(ZONES))
def test_the_ends_of_a_day_lie_within_it(day: date, name: str) -> None:
    zone = zone_named(name)
    if day in skipped_days(zone):
        return
    first, last = start_of_day(day, zone), end_of_day(day, zone)
    second = timedelta(seconds=1)
    assert to_wall(first, zone).date() == day == to_wall(last, zone).date()
    assert to_wall(last + second, zone).date() > day
    assert timedelta(hours=22) < last - first < timedelta(hours=26)
