"""The reminder keeps its distance by the clock before the due date (recurrence.md, R17)."""

from __future__ import annotations

import pytest

from tests.recurrence.steps import NEW_YORK, change, complete, successor

DAILY = {"timezone": NEW_YORK, "recurrence_rule": "FREQ=DAILY"}


def reminders(api, task, length):
    """When this task and its successors remind, each completed for the next one."""
    found = [task["reminder_at"]]
    while len(found) < length:
        task = successor(api, task)
        found.append(task["reminder_at"])
    return found


@pytest.mark.parametrize(
    ("due", "reminder", "expected"),
    [
        # Eight o'clock stays eight o'clock when summer time begins, and when it ends.
        ("2026-03-07T09:00:00", "2026-03-07T08:00:00", "2026-03-08T12:00:00Z"),
        ("2026-10-31T09:00:00", "2026-10-31T08:00:00", "2026-11-01T13:00:00Z"),
        # The evening before, and a week ahead.
        ("2026-03-07T09:00:00", "2026-03-06T20:00:00", "2026-03-08T01:00:00Z"),
        ("2026-03-14T09:00:00", "2026-03-07T09:00:00", "2026-03-08T13:00:00Z"),
        # At the very moment.
        ("2026-03-07T09:00:00", "2026-03-07T09:00:00", "2026-03-08T13:00:00Z"),
        # All day: at 18:00 on the day itself, and on the day before.
        ("2026-03-07", "2026-03-07T18:00:00", "2026-03-08T22:00:00Z"),
        ("2026-03-08", "2026-03-07T18:00:00", "2026-03-08T22:00:00Z"),
    ],
)
def test_the_reminder_stays_at_its_time_of_day(api, due, reminder, expected):
    task = api.make_task(due_date=due, reminder_at=reminder, **DAILY)
    assert successor(api, task)["reminder_at"] == expected


def test_a_task_without_reminder_leaves_one_without(api):
    assert successor(api, api.make_task(due_date="2026-03-07", **DAILY))["reminder_at"] is None


def test_a_due_time_in_a_gap_hands_its_shift_on_to_no_reminder(api):
    task = api.make_task(due_date="2026-03-07T02:30:00", reminder_at="2026-03-07T01:30:00", **DAILY)
    assert reminders(api, task, 4) == [
        "2026-03-07T06:30:00Z",
        "2026-03-08T06:30:00Z",
        "2026-03-09T05:30:00Z",
        "2026-03-10T05:30:00Z",
    ]


def test_a_due_time_that_was_moved_off_its_slot_counts_as_it_was_moved(api):
    task = api.make_task(
        due_date="2026-03-02T09:00:00",
        timezone=NEW_YORK,
        recurrence_rule="FREQ=WEEKLY;BYDAY=MO",
        reminder_at="2026-03-02T08:00:00",
    )
    moved = change(api, task, due_date="2026-03-04T17:00:00", reminder_at="2026-03-04T16:30:00")
    left = successor(api, moved)
    assert (left["due_date"], left["reminder_at"]) == (
        "2026-03-09T13:00:00Z",
        "2026-03-09T12:30:00Z",
    )


def test_what_a_late_completion_passes_over_does_not_change_the_distance(api, clock):
    task = api.make_task(
        due_date="2026-03-01T09:00:00",
        reminder_at="2026-03-01T08:00:00",
        recurrence_mode="future",
        **DAILY,
    )
    clock("2026-03-09T20:00:00")
    left = successor(api, task)
    assert (left["due_date"], left["reminder_at"]) == (
        "2026-03-10T13:00:00Z",
        "2026-03-10T12:00:00Z",
    )


@pytest.mark.parametrize(
    ("due", "reminder"),
    [
        ("2026-03-07T02:55:00", "2026-03-07T02:15:00"),
        ("2026-03-07T03:00:00", "2026-03-07T02:45:00"),
        ("2026-10-31T01:30:00", "2026-10-31T01:15:00"),
    ],
)
def test_a_change_of_clocks_never_puts_the_reminder_after_the_due_date(api, due, reminder):
    left = successor(api, api.make_task(due_date=due, reminder_at=reminder, **DAILY))
    assert left["reminder_at"] <= left["due_date"]


def test_a_reminder_for_which_the_calendar_has_no_room_is_left_out(api):
    task = api.make_task(due_date="9999-12-30", reminder_at="9999-12-30T22:00:00", **DAILY)
    left = successor(api, task)
    assert (left["due_date"], left["reminder_at"]) == ("9999-12-31", None)


def test_the_completed_task_keeps_its_own_reminder(api):
    task = api.make_task(due_date="2026-03-07", reminder_at="2026-03-07T08:00:00", **DAILY)
    assert complete(api, task)["reminder_at"] == task["reminder_at"]
