"""Due dates come back as they went in, in every zone (contract, section 4)."""

from __future__ import annotations

import pytest

from tests.api.answers import data_of, items_of, problems_of
from tests.recurrence.steps import (
    NEW_YORK,
    all_tasks,
    change,
    due_after,
    previewed,
    read,
    successor,
)

ZONES = [
    "UTC",
    NEW_YORK,
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Etc/GMT+12",
]


def found(api, **query):
    """The due dates of the tasks that a list with these parameters has."""
    return [item["due_date"] for item in items_of(api.get("/tasks", query_string=query))]


# Dates


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "day", ["2026-03-08", "2026-10-04", "2024-02-29", "2011-12-30", "0001-01-01", "9999-12-31"]
)
def test_a_date_is_the_same_date_everywhere(api, zone, day):
    task = api.make_task(due_date=day, timezone=zone)
    assert task["due_date"] == day
    assert read(api, task)["due_date"] == day
    assert found(api) == [day]
    assert found(api, due_date_from=day, due_date_to=day) == [day]
    assert found(api, due_date_from=day, due_date_to=day, timezone=NEW_YORK) == [day]
    assert change(api, task, title="Renamed")["due_date"] == day
    assert data_of(api.put(f"/tasks/{task['id']}", task))["due_date"] == day


@pytest.mark.parametrize("zone", ZONES)
def test_a_series_of_dates_is_the_same_in_every_zone(api, zone):
    task = api.make_task(due_date="2026-03-07", timezone=zone, recurrence_rule="FREQ=DAILY")
    assert previewed(api, task, limit=2) == ["2026-03-08", "2026-03-09"]
    left = successor(api, task)
    assert read(api, left)["due_date"] == "2026-03-08"
    assert found(api, due_date_from="2026-03-08") == ["2026-03-08"]


def test_another_zone_leaves_a_date_alone(api):
    task = api.make_task(due_date="2026-03-07", timezone="Pacific/Kiritimati")
    assert change(api, task, timezone="Etc/GMT+12")["due_date"] == "2026-03-07"


# Timestamps

LOCAL = {
    ("2026-03-01T09:00:00", "UTC"): "2026-03-01T09:00:00Z",
    ("2026-03-08T09:00:00", NEW_YORK): "2026-03-08T13:00:00Z",
    ("2026-03-08T02:30:00", NEW_YORK): "2026-03-08T07:30:00Z",  # in the gap
    ("2026-11-01T01:30:00", NEW_YORK): "2026-11-01T05:30:00Z",  # the first of two
    ("2026-03-01T09:00:00", "Asia/Kolkata"): "2026-03-01T03:30:00Z",
    ("2026-03-01T00:15:00", "Asia/Kathmandu"): "2026-02-28T18:30:00Z",
    ("2026-10-04T02:15:00", "Australia/Lord_Howe"): "2026-10-03T15:45:00Z",
    ("2026-04-05T01:45:00", "Australia/Lord_Howe"): "2026-04-04T14:45:00Z",
    ("2026-09-27T02:50:00", "Pacific/Chatham"): "2026-09-26T14:05:00Z",
    ("2026-01-01T09:00:00", "Pacific/Chatham"): "2025-12-31T19:15:00Z",
    ("2011-12-29T23:59:59", "Pacific/Apia"): "2011-12-30T09:59:59Z",
    ("2011-12-30T09:00:00", "Pacific/Apia"): "2011-12-30T19:00:00Z",  # a day that never was
    ("2011-12-31T00:00:00", "Pacific/Apia"): "2011-12-30T10:00:00Z",
    ("2026-03-01T09:00", "Pacific/Kiritimati"): "2026-02-28T19:00:00Z",
}


@pytest.mark.parametrize(("local", "zone"), LOCAL)
def test_a_local_time_comes_back_in_utc_and_stays(api, local, zone):
    expected = LOCAL[local, zone]
    task = api.make_task(due_date=local, timezone=zone)
    assert task["due_date"] == expected
    assert read(api, task)["due_date"] == expected
    assert data_of(api.put(f"/tasks/{task['id']}", task))["version"] == 1
    assert change(api, task, due_date=expected)["version"] == 1
    assert change(api, task, due_date=local)["version"] == 1


@pytest.mark.parametrize(("local", "zone"), LOCAL)
def test_a_due_filter_finds_a_local_time_by_its_moment(api, local, zone):
    instant = LOCAL[local, zone]
    api.make_task(due_date=local, timezone=zone)
    assert found(api, due_date_from=instant, due_date_to=instant) == [instant]
    assert found(api, due_date_from=local, due_date_to=local, timezone=zone) == [instant]
    later = instant.replace("Z", "").replace(":00", ":01").replace(":59:59", ":59:60")
    if ":60" not in later:
        assert found(api, due_date_from=f"{later}Z") == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-01T09:00:00+01:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01T09:00:00.987654Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00-09:30", "2026-03-01T18:30:00Z"),
        ("2026-11-01T01:30:00-05:00", "2026-11-01T06:30:00Z"),  # the second of two
    ],
)
def test_an_instant_is_the_same_instant_in_every_zone(api, given, expected):
    for zone in ZONES:
        task = api.make_task(due_date=given, timezone=zone)
        assert (task["due_date"], task["timezone"]) == (expected, zone)
        assert change(api, task, timezone="Asia/Tokyo")["due_date"] == expected


def test_a_local_day_filter_is_the_day_of_its_own_zone(api):
    for hour in ("04:59:59", "05:00:00"):
        api.make_task(due_date=f"2026-03-02T{hour}Z")
    for hour in ("03:59:59", "04:00:00"):
        api.make_task(due_date=f"2026-03-09T{hour}Z")
    day = {"sort_by": "due_date", "timezone": NEW_YORK}
    assert found(api, **day, due_date_to="2026-03-01") == ["2026-03-02T04:59:59Z"]
    # The eighth has 23 hours: it begins in winter time and ends in summer time.
    assert found(api, **day, due_date_from="2026-03-02", due_date_to="2026-03-08") == [
        "2026-03-02T05:00:00Z",
        "2026-03-09T03:59:59Z",
    ]


def test_an_all_day_date_sorts_as_the_start_of_its_day_in_its_own_zone(api):
    api.make_task(due_date="2026-03-08", timezone="Etc/GMT+12")
    api.make_task(due_date="2026-03-08T00:00:00", timezone=NEW_YORK)
    api.make_task(due_date="2026-03-08", timezone="Pacific/Kiritimati", title="first")
    api.make_task(due_date="9999-12-31", timezone="Pacific/Kiritimati")
    api.make_task(due_date="0001-01-01", timezone="Etc/GMT+12")
    api.make_task()
    assert found(api, sort_by="due_date") == [
        "0001-01-01",
        "2026-03-08",
        "2026-03-08T05:00:00Z",
        "2026-03-08",
        "9999-12-31",
        None,
    ]
    assert [item["title"] for item in items_of(api.get("/tasks?sort_by=due_date"))][1] == "first"


def test_a_series_in_lists_is_where_its_local_time_puts_it(api):
    for zone in ("Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kolkata", NEW_YORK):
        task = api.make_task(
            due_date="2026-10-03T02:30:00", timezone=zone, recurrence_rule="FREQ=DAILY", title=zone
        )
        successor(api, task)
    pending = items_of(api.get("/tasks?status=pending&sort_by=due_date"))
    assert [(item["title"], item["due_date"]) for item in pending] == [
        ("Pacific/Chatham", "2026-10-03T12:45:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ("Asia/Kolkata", "2026-10-03T21:00:00Z"),
        (NEW_YORK, "2026-10-04T06:30:00Z"),
    ]


WEEKS = {
    "Asia/Kolkata": ["2026-10-02T03:30:00Z", "2026-10-09T03:30:00Z", "2026-10-16T03:30:00Z"],
    "Australia/Lord_Howe": [
        "2026-10-01T22:30:00Z",
        "2026-10-08T22:00:00Z",
        "2026-10-15T22:00:00Z",
    ],
    "Pacific/Chatham": ["2026-10-01T19:15:00Z", "2026-10-08T19:15:00Z", "2026-10-15T19:15:00Z"],
    "Pacific/Apia": ["2026-10-01T20:00:00Z", "2026-10-08T20:00:00Z", "2026-10-15T20:00:00Z"],
    "Europe/London": ["2026-10-02T08:00:00Z", "2026-10-09T08:00:00Z", "2026-10-16T08:00:00Z"],
}


@pytest.mark.parametrize("zone", WEEKS)
def test_nine_in_the_morning_of_every_friday_is_that_in_its_zone(api, zone):
    task = api.make_task(
        due_date="2026-10-02T09:00:00", timezone=zone, recurrence_rule="FREQ=WEEKLY;BYDAY=FR"
    )
    assert [task["due_date"], *previewed(api, task, limit=2)] == WEEKS[zone]
    assert due_after(api, task) == WEEKS[zone][1]
    assert len(all_tasks(api)) == 2


@pytest.mark.parametrize(
    ("due", "zone"),
    [("9999-12-31T23:00:00", "Etc/GMT+12"), ("0001-01-01T01:00:00", "Asia/Kolkata")],
)
def test_a_local_time_without_a_utc_value_is_refused(api, due, zone):
    answer = api.post("/tasks", {"title": "Edge", "due_date": due, "timezone": zone})
    assert problems_of(answer) == {"due_date": ["Must be within the years 1 to 9999 in UTC."]}
