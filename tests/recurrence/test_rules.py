"""Which dates a rule leads to, completing task after task (recurrence.md, R1 to R11 and R20).

Each series is told twice: by completions and by the preview of its first task.
"""

from __future__ import annotations

import pytest

from tests.recurrence.steps import NEW_YORK, due_dates, preview, successor

ENDS = None
"""Marks in a list of due dates that nothing comes after the one before."""

SERIES = {
    "R1 the successor is the first occurrence after the slot": (
        {"recurrence_rule": "FREQ=DAILY", "due_date": "2026-03-07"},
        ["2026-03-07", "2026-03-08", "2026-03-09"],
    ),
    "R2 COUNT counts the first task and then ends": (
        {"recurrence_rule": "FREQ=DAILY;COUNT=3", "due_date": "2026-03-01"},
        ["2026-03-01", "2026-03-02", "2026-03-03", ENDS],
    ),
    "R3 the weeks that are left out are counted from the anchor": (
        {"recurrence_rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR", "due_date": "2026-01-05"},
        ["2026-01-05", "2026-01-07", "2026-01-09", "2026-01-19", "2026-01-21"],
    ),
    "R4 nine in the morning stays nine when summer time begins": (
        {
            "recurrence_rule": "FREQ=DAILY",
            "due_date": "2026-03-07T09:00:00",
            "timezone": NEW_YORK,
        },
        ["2026-03-07T14:00:00Z", "2026-03-08T13:00:00Z", "2026-03-09T13:00:00Z"],
    ),
    "R4 and when it ends": (
        {
            "recurrence_rule": "FREQ=WEEKLY",
            "due_date": "2026-10-27T09:00:00",
            "timezone": NEW_YORK,
        },
        ["2026-10-27T13:00:00Z", "2026-11-03T14:00:00Z"],
    ),
    "R4 a Monday is Monday in the zone, though it is Tuesday in UTC": (
        {
            "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
            "due_date": "2026-03-02T21:00:00",
            "timezone": NEW_YORK,
        },
        ["2026-03-03T02:00:00Z", "2026-03-10T01:00:00Z"],
    ),
    "R5 a time in a gap is pushed on that day and only on that day": (
        {
            "recurrence_rule": "FREQ=DAILY;COUNT=4",
            "due_date": "2026-03-07T02:30:00",
            "timezone": NEW_YORK,
        },
        [
            "2026-03-07T07:30:00Z",
            "2026-03-08T07:30:00Z",
            "2026-03-09T06:30:00Z",
            "2026-03-10T06:30:00Z",
            ENDS,
        ],
    ),
    "R5 half an hour of gap on Lord Howe": (
        {
            "recurrence_rule": "FREQ=DAILY",
            "due_date": "2026-10-03T02:15:00",
            "timezone": "Australia/Lord_Howe",
        },
        ["2026-10-02T15:45:00Z", "2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"],
    ),
    "R6 a time that comes twice is meant the first time": (
        {
            "recurrence_rule": "FREQ=DAILY",
            "due_date": "2026-10-31T01:30:00",
            "timezone": NEW_YORK,
        },
        ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
    ),
    "R7 a day that never was gives one task, not two": (
        {
            "recurrence_rule": "FREQ=DAILY;COUNT=4",
            "due_date": "2011-12-29T09:00:00",
            "timezone": "Pacific/Apia",
        },
        [
            "2011-12-29T19:00:00Z",
            "2011-12-30T19:00:00Z",
            "2011-12-31T19:00:00Z",
            "2012-01-01T19:00:00Z",
            ENDS,
        ],
    ),
    "R8 a date stays a date, also west of Greenwich": (
        {"recurrence_rule": "FREQ=DAILY", "due_date": "2026-03-07", "timezone": NEW_YORK},
        ["2026-03-07", "2026-03-08", "2026-03-09"],
    ),
    "R8 a date stays a date, also on the day that Samoa skipped": (
        {"recurrence_rule": "FREQ=DAILY", "due_date": "2011-12-29", "timezone": "Pacific/Apia"},
        ["2011-12-29", "2011-12-30", "2011-12-31"],
    ),
    "R9 months without a 31st are skipped": (
        {"recurrence_rule": "FREQ=MONTHLY", "due_date": "2026-01-31"},
        ["2026-01-31", "2026-03-31", "2026-05-31"],
    ),
    "R9 the last day of the month": (
        {"recurrence_rule": "FREQ=MONTHLY;BYMONTHDAY=-1", "due_date": "2026-01-31"},
        ["2026-01-31", "2026-02-28", "2026-03-31"],
    ),
    "R9 the 31st or the last day": (
        {
            "recurrence_rule": "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
            "due_date": "2026-01-31",
        },
        ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
    ),
    "R9 the 29th of February": (
        {"recurrence_rule": "FREQ=YEARLY", "due_date": "2024-02-29"},
        ["2024-02-29", "2028-02-29", "2032-02-29"],
    ),
    "R10 the day of UNTIL is the last one": (
        {"recurrence_rule": "FREQ=DAILY;UNTIL=20260310", "due_date": "2026-03-09"},
        ["2026-03-09", "2026-03-10", ENDS],
    ),
    "R10 UNTIL with a Z is an instant": (
        {
            "recurrence_rule": "FREQ=DAILY;UNTIL=20260309T020000Z",
            "due_date": "2026-03-07T21:30:00",
            "timezone": NEW_YORK,
        },
        ["2026-03-08T02:30:00Z", "2026-03-09T01:30:00Z", ENDS],
    ),
    "R10 a bare date as UNTIL means the end of that local day": (
        {
            "recurrence_rule": "FREQ=DAILY;UNTIL=20260308",
            "due_date": "2026-03-07T21:30:00",
            "timezone": NEW_YORK,
        },
        ["2026-03-08T02:30:00Z", "2026-03-09T01:30:00Z", ENDS],
    ),
    "R10 UNTIL without a Z is wall time": (
        {
            "recurrence_rule": "FREQ=DAILY;UNTIL=20260308T213000",
            "due_date": "2026-03-07T21:30:00",
            "timezone": NEW_YORK,
        },
        ["2026-03-08T02:30:00Z", "2026-03-09T01:30:00Z", ENDS],
    ),
    "R10 UNTIL with a time counts as its date for an all-day series": (
        {"recurrence_rule": "FREQ=DAILY;UNTIL=20260310T000000Z", "due_date": "2026-03-09"},
        ["2026-03-09", "2026-03-10", ENDS],
    ),
    "R11 a first due date off the rule is the first occurrence all the same": (
        {"recurrence_rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=2", "due_date": "2026-03-03"},
        ["2026-03-03", "2026-03-09", ENDS],
    ),
    "R20 a COUNT of one simply ends": (
        {"recurrence_rule": "FREQ=DAILY;COUNT=1", "due_date": "2026-03-01"},
        ["2026-03-01", ENDS],
    ),
    "R20 so does an UNTIL before the second occurrence": (
        {"recurrence_rule": "FREQ=WEEKLY;UNTIL=20260307", "due_date": "2026-03-01"},
        ["2026-03-01", ENDS],
    ),
    "a week number without a weekday takes the anchor's": (
        {"recurrence_rule": "FREQ=YEARLY;BYWEEKNO=20", "due_date": "2026-05-12"},
        ["2026-05-12", "2027-05-18", "2028-05-16"],
    ),
    "positions in a week count from its start, not from the anchor": (
        {"recurrence_rule": "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", "due_date": "2026-03-04"},
        ["2026-03-04", "2026-03-09", "2026-03-16"],
    ),
    "plain and numbered weekdays together are a union": (
        {"recurrence_rule": "FREQ=MONTHLY;BYDAY=TU,1MO", "due_date": "2026-03-02"},
        ["2026-03-02", "2026-03-03", "2026-03-10", "2026-03-17", "2026-03-24"],
    ),
    "the last day of the calendar is the last occurrence": (
        {"recurrence_rule": "FREQ=DAILY", "due_date": "9999-12-30"},
        ["9999-12-30", "9999-12-31", ENDS],
    ),
    "so is the last evening that has a UTC value": (
        {
            "recurrence_rule": "FREQ=DAILY",
            "due_date": "9999-12-29T22:00:00",
            "timezone": NEW_YORK,
        },
        ["9999-12-30T03:00:00Z", "9999-12-31T03:00:00Z", ENDS],
    ),
}


@pytest.mark.parametrize("name", SERIES)
def test_completing_task_after_task_gives_the_dates_of_the_rule(api, name):
    fields, expected = SERIES[name]
    task = api.make_task(**fields)
    dates = [date for date in expected if date is not ENDS]
    assert due_dates(api, task, at_most=len(expected)) == dates


@pytest.mark.parametrize("name", SERIES)
def test_the_preview_of_the_first_task_gives_the_same_dates(api, name):
    fields, expected = SERIES[name]
    task = api.make_task(**fields)
    dates = [date for date in expected[1:] if date is not ENDS]
    found = preview(api, task, limit=max(len(dates), 1))
    assert [item["due_date"] for item in found["items"]] == dates
    assert [item["occurrence"] for item in found["items"]] == [*range(2, len(dates) + 2)]
    assert found["has_more"] is (ENDS not in expected)


def test_the_rule_is_copied_as_it_was_given_and_never_counted_down(api):
    rule = "freq=daily;Count=3;interval=01"
    task = api.make_task(recurrence_rule=f" RRULE:{rule} ", due_date="2026-03-01")
    assert task["recurrence_rule"] == rule
    second = successor(api, task)
    third = successor(api, second)
    assert second["recurrence_rule"] == third["recurrence_rule"] == rule


def test_the_successor_copies_what_describes_and_resets_what_has_happened(api):
    task = api.make_task(
        title="Water the plants",
        description="The fern twice.",
        priority="High",
        tags=["home", "Garden"],
        due_date="2026-03-01T09:00:00",
        timezone="Asia/Kolkata",
        recurrence_rule="FREQ=DAILY",
        recurrence_mode="future",
    )
    task = api.patch(f"/tasks/{task['id']}", {"title": "Water all plants"}).json["data"]
    left = successor(api, task)

    anew = {"id", "due_date", "completed", "completed_at", "version", "created_at", "updated_at"}
    copied = set(left) - anew
    assert {name: left[name] for name in copied} == {name: task[name] for name in copied}
    assert (left["completed"], left["completed_at"], left["version"]) == (False, None, 1)
    assert left["created_at"] == left["updated_at"] > task["created_at"]
    assert left["id"] != task["id"]
    assert api.tag_named("Garden")["usage_count"] == 2
