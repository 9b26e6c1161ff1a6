"""What a late or an early completion leads to (recurrence.md, R12 and R13)."""

from __future__ import annotations

import pytest

from tests.recurrence.steps import NEW_YORK, change, due_after, previewed, successor

DAILY = "FREQ=DAILY"
MONDAYS = "FREQ=WEEKLY;BYDAY=MO"


@pytest.mark.parametrize(
    ("rule", "due", "done", "mode", "expected"),
    [
        # Late.
        (DAILY, "2026-03-01", "2026-03-09", "next", "2026-03-02"),
        (DAILY, "2026-03-01", "2026-03-09", "future", "2026-03-10"),
        (DAILY, "2026-03-01", "2026-03-09", "completion", "2026-03-10"),
        (MONDAYS, "2026-03-02", "2026-03-18", "future", "2026-03-23"),
        (MONDAYS, "2026-03-02", "2026-03-16", "future", "2026-03-23"),
        ("FREQ=DAILY;COUNT=5", "2026-03-01", "2026-03-04", "future", "2026-03-05"),
        ("FREQ=DAILY;COUNT=5", "2026-03-01", "2026-03-09", "future", None),
        ("FREQ=DAILY;UNTIL=20260308", "2026-03-01", "2026-03-09", "future", None),
        ("FREQ=DAILY;INTERVAL=3", "2026-03-01", "2026-03-09", "completion", "2026-03-12"),
        ("FREQ=WEEKLY;INTERVAL=2", "2026-03-02", "2026-03-05", "completion", "2026-03-19"),
        ("FREQ=MONTHLY", "2026-01-15", "2026-01-31", "completion", "2026-03-31"),
        ("FREQ=DAILY;COUNT=2", "2026-03-01", "2026-03-09", "completion", "2026-03-10"),
        ("FREQ=DAILY;COUNT=1", "2026-03-01", "2026-03-09", "completion", None),
        ("FREQ=DAILY;UNTIL=20260309", "2026-03-01", "2026-03-09", "completion", None),
        # Early.
        (MONDAYS, "2026-03-02", "2026-02-27", "next", "2026-03-09"),
        (MONDAYS, "2026-03-02", "2026-02-27", "future", "2026-03-09"),
        (DAILY, "2026-03-02", "2026-03-01", "completion", "2026-03-03"),
        ("FREQ=WEEKLY", "2026-03-09", "2026-03-02", "completion", "2026-03-16"),
        ("FREQ=WEEKLY", "2026-03-09", "2026-03-06", "completion", "2026-03-13"),
    ],
)
def test_the_mode_says_what_follows(api, clock, rule, due, done, mode, expected):
    task = api.make_task(due_date=due, recurrence_rule=rule, recurrence_mode=mode)
    clock(f"{done}T12:00:00")
    assert due_after(api, task) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-05T08:59:59", "2026-03-05T09:00:00Z"),
        ("2026-03-05T09:00:00", "2026-03-06T09:00:00Z"),
    ],
)
def test_future_means_after_now_to_the_second(api, clock, now, expected):
    task = api.make_task(
        due_date="2026-03-01T09:00:00Z", recurrence_rule=DAILY, recurrence_mode="future"
    )
    clock(now)
    assert due_after(api, task) == expected


def test_future_means_after_today_in_the_zone_for_an_all_day_task(api, clock):
    task = api.make_task(
        due_date="2026-03-01", timezone=NEW_YORK, recurrence_rule=DAILY, recurrence_mode="future"
    )
    clock("2026-03-05T03:00:00")  # still the 4th in New York
    assert due_after(api, task) == "2026-03-05"


def test_completion_counts_from_the_local_day_at_the_old_wall_time(api, clock):
    task = api.make_task(
        due_date="2026-03-01T09:00:00",
        timezone=NEW_YORK,
        recurrence_rule="FREQ=DAILY;INTERVAL=3",
        recurrence_mode="completion",
    )
    clock("2026-03-07T03:00:00")  # the evening of the 6th in New York, before summer time
    assert due_after(api, task) == "2026-03-09T13:00:00Z"


def test_what_future_passes_over_uses_up_count(api, clock):
    task = api.make_task(
        due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=5", recurrence_mode="future"
    )
    clock("2026-03-03T12:00:00")
    fourth = successor(api, task)
    assert fourth["due_date"] == "2026-03-04"
    fifth = successor(api, fourth)
    assert fifth["due_date"] == "2026-03-05"
    assert due_after(api, fifth) is None


def test_a_series_goes_on_from_where_completion_put_it_when_the_mode_changes(api, clock):
    task = api.make_task(
        due_date="2026-03-02", recurrence_rule="FREQ=WEEKLY", recurrence_mode="completion"
    )
    clock("2026-03-05T12:00:00")
    second = change(api, successor(api, task), recurrence_mode="next")
    assert second["due_date"] == "2026-03-12"
    assert due_after(api, second) == "2026-03-19"


def test_a_time_in_a_gap_comes_back_the_day_after_in_every_mode(api, clock):
    for mode in ("next", "future", "completion"):
        task = api.make_task(
            due_date="2026-03-07T02:30:00",
            timezone=NEW_YORK,
            recurrence_rule=DAILY,
            recurrence_mode=mode,
        )
        clock("2026-03-07T12:00:00")
        pushed = successor(api, task)
        assert pushed["due_date"] == "2026-03-08T07:30:00Z"
        clock("2026-03-08T12:00:00")
        assert due_after(api, pushed) == "2026-03-09T06:30:00Z"


@pytest.mark.parametrize("mode", ["next", "future", "completion"])
def test_the_preview_goes_on_as_mode_next_would(api, clock, mode):
    task = api.make_task(due_date="2026-03-01", recurrence_rule=DAILY, recurrence_mode=mode)
    clock("2026-03-09T12:00:00")
    assert previewed(api, task, limit=2) == ["2026-03-02", "2026-03-03"]
