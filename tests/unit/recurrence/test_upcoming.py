"""The preview of the occurrences to come."""

from datetime import date, datetime

import pytest

from app.recurrence import Mode, Position, WallTime, parse_rule, upcoming, zone_named
from tests.unit.recurrence.examples import complete, instant, shown, start, wall

NEW_YORK = "America/New_York"
DAILY_0900 = ("FREQ=DAILY", "2026-03-06T09:00", NEW_YORK)


def preview(
    rule: str,
    due: str,
    zone: str = "UTC",
    *,
    position: Position | None = None,
    mode: Mode = Mode.NEXT,
    start_at: date | datetime | None = None,
    end_at: date | datetime | None = None,
    limit: int = 3,
) -> tuple[list[tuple[str, int]], bool]:
    """What a clock shows for the upcoming occurrences, with their numbers; and `has_more`."""
    found, has_more = upcoming(
        parse_rule(rule),
        position or start(rule, due, zone, mode),
        wall(due),
        zone_named(zone),
        mode,
        start=start_at,
        end=end_at,
        limit=limit,
    )
    return [(shown(after.slot, zone), after.occurrence) for after in found], has_more


def bound(text: str) -> WallTime:
    return instant(text) if "T" in text else date.fromisoformat(text)


def test_it_lists_the_successors_and_says_that_there_are_more() -> None:
    assert preview("FREQ=WEEKLY;BYDAY=MO", "2026-03-02", limit=2) == (
        [("2026-03-09", 2), ("2026-03-16", 3)],
        True,
    )


@pytest.mark.parametrize(("count", "has_more"), [(4, False), (5, True)])
def test_count_ends_it(count: int, has_more: bool) -> None:
    items, more = preview(f"FREQ=DAILY;COUNT={count}", "2026-03-01", limit=3)
    assert [number for _, number in items] == [2, 3, 4]
    assert more is has_more


def test_a_series_at_its_end_has_nothing_upcoming() -> None:
    assert preview("FREQ=DAILY;COUNT=1", "2026-03-01") == ([], False)


def test_a_moved_task_answers_as_completing_it_would() -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO"
    position = start(rule, "2026-03-02")
    items, _ = preview(rule, "2026-03-10", position=position, limit=1)
    assert items == [("2026-03-16", 3)]


def test_it_goes_on_as_mode_next_whatever_the_mode_is() -> None:
    for mode in Mode:
        assert preview("FREQ=DAILY", "2001-01-01", mode=mode, limit=1)[0] == [("2001-01-02", 2)]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-08", "2026-03-09", ["2026-03-08T09:00", "2026-03-09T09:00"]),
        ("2026-03-08T13:00:00+00:00", "2026-03-09T13:00:00+00:00", ["2026-03-08", "2026-03-09"]),
        ("2026-03-08T13:00:01+00:00", "2026-03-09T12:59:59+00:00", []),
        (None, "2026-03-07", ["2026-03-07"]),
        (None, "2026-03-06", []),
        ("2026-03-10", "2026-03-09", []),
        ("2026-03-01", "2026-03-07", ["2026-03-07"]),
    ],
)
def test_the_bounds_are_inclusive(first: str | None, last: str, expected: list[str]) -> None:
    items, has_more = preview(
        *DAILY_0900, start_at=first and bound(first), end_at=bound(last), limit=10
    )
    assert [day[:10] for day, _ in items] == [day[:10] for day in expected]
    assert not has_more


def test_an_instant_bounds_an_all_day_series_through_its_date_in_the_zone() -> None:
    late_evening = instant("2026-03-09T03:00:00+00:00")
    items, _ = preview(
        "FREQ=DAILY", "2026-03-06", NEW_YORK, start_at=late_evening, end_at=late_evening
    )
    assert items == [("2026-03-08", 3)]


def test_an_occurrence_shifted_over_midnight_belongs_to_the_day_that_the_clock_shows() -> None:
    # The clocks went from 23:30 to 00:30 on 30 March 1919 in Toronto.
    rule, due, zone = "FREQ=DAILY", "1919-03-28T23:45", "America/Toronto"
    day = date(1919, 3, 31)
    items, _ = preview(rule, due, zone, start_at=day, end_at=day)
    assert items == [("1919-03-31T00:45", 3), ("1919-03-31T23:45", 4)]


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("FREQ=DAILY", "1976-01-31T09:00"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "1976-01-30"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "1976-01-30"),
        ("FREQ=MONTHLY", "1976-01-31"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "1976-01-30"),
        ("FREQ=YEARLY", "1976-02-29"),
    ],
)
def test_a_start_decades_ahead_is_numbered_as_if_walked(rule: str, due: str) -> None:
    walked, _ = preview(rule, due, "Pacific/Apia", end_at=date(2027, 12, 31), limit=100_000)
    expected = [item for item in walked if item[0] >= "2026"]
    items, _ = preview(
        rule, due, "Pacific/Apia", start_at=date(2026, 1, 1), end_at=date(2027, 12, 31), limit=9999
    )
    assert items == expected


def test_the_first_item_is_the_successor() -> None:
    rule = "FREQ=MONTHLY;BYDAY=2TU;COUNT=9"
    position = start(rule, "2026-03-01")
    found, _ = upcoming(
        parse_rule(rule),
        position,
        position.slot,
        zone_named("UTC"),
        Mode.NEXT,
        start=None,
        end=None,
        limit=1,
    )
    assert found == [complete(rule, position)]
