"""What edits do to a running series (recurrence.md, R16)."""

from __future__ import annotations

import pytest

from tests.api.answers import data_of, problems_of
from tests.recurrence.steps import (
    NEW_YORK,
    all_tasks,
    change,
    complete,
    due_after,
    due_dates,
    preview,
    previewed,
    read,
    reopen,
    successor,
)

MONDAYS = {"due_date": "2026-03-02", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO"}
WEEKLY = {"due_date": "2026-03-02", "recurrence_rule": "FREQ=WEEKLY"}


def occurrence_after(api, task):
    """The number of the next occurrence, as the preview gives it."""
    return preview(api, task, limit=1)["items"][0]["occurrence"]


# The due date alone


@pytest.mark.parametrize(
    ("moved_to", "expected"),
    [("2026-03-04", "2026-03-09"), ("2026-03-10", "2026-03-16"), ("2026-02-20", "2026-03-09")],
)
def test_moving_one_instance_keeps_the_pattern(api, moved_to, expected):
    task = change(api, api.make_task(**MONDAYS), due_date=moved_to)
    assert previewed(api, task, limit=1) == [expected]
    assert due_after(api, task) == expected


def test_a_moved_timed_instance_keeps_the_time_of_the_pattern(api):
    task = api.make_task(
        due_date="2026-03-02T09:00:00", timezone=NEW_YORK, recurrence_rule="FREQ=WEEKLY;BYDAY=MO"
    )
    moved = change(api, task, due_date="2026-03-04T17:30:00")
    assert moved["due_date"] == "2026-03-04T22:30:00Z"
    assert due_after(api, moved) == "2026-03-09T13:00:00Z"


def test_an_instance_that_was_moved_and_moved_back_is_where_it_was(api):
    task = api.make_task(**MONDAYS)
    change(api, task, due_date="2026-03-10")
    assert due_after(api, change(api, task, due_date="2026-03-02")) == "2026-03-09"


@pytest.mark.parametrize(
    ("moved_to", "expected"), [("2026-03-04", "2026-03-11"), ("2026-02-20", "2026-02-27")]
)
def test_moving_an_instance_of_a_bare_rule_moves_the_pattern_with_it(api, moved_to, expected):
    task = change(api, api.make_task(**WEEKLY), due_date=moved_to)
    assert previewed(api, task, limit=1) == [expected]
    assert due_after(api, task) == expected


def test_a_bare_pattern_moves_with_its_time_too(api):
    task = api.make_task(
        due_date="2026-03-06T09:00:00", timezone=NEW_YORK, recurrence_rule="FREQ=DAILY"
    )
    moved = change(api, task, due_date="2026-03-07T10:15:00")
    assert due_after(api, moved) == "2026-03-08T14:15:00Z"


def test_dates_passed_over_by_a_move_use_up_count(api):
    rule = "FREQ=WEEKLY;BYDAY=MO;COUNT=3"
    task = api.make_task(due_date="2026-03-02", recurrence_rule=rule)
    moved = change(api, task, due_date="2026-03-10")
    assert due_dates(api, moved, at_most=9) == ["2026-03-10", "2026-03-16"]

    task = api.make_task(due_date="2026-03-02", recurrence_rule=rule)
    assert due_after(api, change(api, task, due_date="2026-03-17")) is None


def test_moving_a_bare_pattern_does_not_restart_its_count(api):
    task = api.make_task(due_date="2026-02-23", recurrence_rule="FREQ=WEEKLY;COUNT=3")
    second = change(api, successor(api, task), due_date="2026-03-04")
    assert due_dates(api, second, at_most=9) == ["2026-03-04", "2026-03-11"]


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO"])
@pytest.mark.parametrize(
    ("first", "turned", "then"),
    [
        (
            "2026-02-23",
            "2026-03-03T09:00:00Z",
            {7: "2026-03-10T09:00:00Z", 6: "2026-03-09T09:00:00Z"},
        ),
        ("2026-02-23T09:00:00Z", "2026-03-03", {7: "2026-03-10", 6: "2026-03-09"}),
    ],
)
def test_a_date_that_becomes_a_timestamp_or_back_anchors_there_and_goes_on_counting(
    api, rule, first, turned, then
):
    task = api.make_task(due_date=first, recurrence_rule=f"{rule};COUNT=3")
    second = change(api, successor(api, task), due_date=turned)
    assert occurrence_after(api, second) == 3
    expected = then[6 if "BYDAY" in rule else 7]
    assert due_dates(api, second, at_most=9) == [turned, expected]


def test_a_due_date_moved_past_until_is_accepted_and_ends_the_series(api):
    for rule in ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20260309", "FREQ=WEEKLY;UNTIL=20260309"):
        task = api.make_task(due_date="2026-03-02", recurrence_rule=rule)
        moved = change(api, task, due_date="2026-03-12")
        assert previewed(api, moved) == []
        assert due_after(api, moved) is None


def test_an_edit_in_the_completing_body_happens_first(api):
    done = change(api, api.make_task(**MONDAYS), due_date="2026-03-10", completed=True)
    assert done["due_date"] == "2026-03-10"
    assert done["next_task"]["due_date"] == "2026-03-16"


# The rule and the zone


def test_another_rule_anchors_at_the_due_date_as_it_then_is_and_counts_from_one(api):
    second = successor(api, api.make_task(**MONDAYS))
    changed = change(
        api, second, due_date="2026-03-12", recurrence_rule="FREQ=DAILY;INTERVAL=2;COUNT=3"
    )
    assert occurrence_after(api, changed) == 2
    assert due_dates(api, changed, at_most=9) == ["2026-03-12", "2026-03-14", "2026-03-16"]


def test_another_count_starts_the_counting_again(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=2")
    second = change(api, successor(api, task), recurrence_rule="FREQ=DAILY;COUNT=3")
    assert due_dates(api, second, at_most=9) == ["2026-03-02", "2026-03-03", "2026-03-04"]


def test_another_rule_forgets_that_the_instance_was_moved(api):
    task = change(api, api.make_task(**MONDAYS), due_date="2026-03-04")
    changed = change(api, task, recurrence_rule="FREQ=WEEKLY;INTERVAL=2")
    assert due_after(api, changed) == "2026-03-18"


def test_another_zone_alone_leaves_the_instant_and_anchors_there(api):
    task = api.make_task(
        due_date="2026-03-06T09:00:00", timezone=NEW_YORK, recurrence_rule="FREQ=DAILY;COUNT=3"
    )
    second = change(api, successor(api, task), timezone="Europe/Berlin")
    assert second["due_date"] == "2026-03-07T14:00:00Z"
    assert occurrence_after(api, second) == 2
    # 15:00 in Berlin, which begins its summer time three weeks after New York.
    assert due_dates(api, second, at_most=9) == [
        "2026-03-07T14:00:00Z",
        "2026-03-08T14:00:00Z",
        "2026-03-09T14:00:00Z",
    ]


def test_another_zone_with_a_local_due_date_anchors_at_that(api):
    task = api.make_task(
        due_date="2026-03-06T09:00:00", timezone=NEW_YORK, recurrence_rule="FREQ=DAILY"
    )
    changed = change(api, task, timezone="Asia/Kolkata", due_date="2026-03-08T09:00:00")
    assert due_after(api, changed) == "2026-03-09T03:30:00Z"


def test_another_zone_counts_an_all_day_series_from_one_too(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=2")
    second = change(api, successor(api, task), timezone="Pacific/Apia")
    assert due_dates(api, second, at_most=9) == ["2026-03-02", "2026-03-03"]


def test_another_zone_does_not_ask_after_until(api):
    task = api.make_task(
        due_date="2026-03-01T12:00:00Z", recurrence_rule="FREQ=DAILY;UNTIL=20260302"
    )
    change(api, task, due_date="2026-03-05T12:00:00Z")
    moved = change(api, task, timezone="Asia/Tokyo")
    assert moved["timezone"] == "Asia/Tokyo"
    assert due_after(api, moved) is None


def test_a_zone_that_pushes_the_anchor_where_nothing_can_follow_is_refused(api):
    task = api.make_task(due_date="2026-01-29T20:00:00Z", recurrence_rule="FREQ=MONTHLY;BYMONTH=2")
    problems = problems_of(api.patch(f"/tasks/{task['id']}", {"timezone": "Asia/Tokyo"}))
    assert problems == {"recurrence_rule": ["This rule never produces a date after 2026-01-30."]}


# What was sent and what changed


@pytest.mark.parametrize("fields", [MONDAYS, {**MONDAYS, "due_date": "2026-03-02T09:00:00Z"}])
def test_a_put_that_repeats_the_values_changes_nothing(api, fields):
    second = successor(api, api.make_task(**fields))
    moved = change(api, second, due_date=second["due_date"].replace("03-09", "03-11"))
    put = data_of(api.put(f"/tasks/{second['id']}", moved))
    assert put == moved
    assert put["version"] == 2
    assert due_after(api, put)[:10] == "2026-03-16"


def test_a_put_that_repeats_all_but_the_title_leaves_the_series_alone(api):
    task = change(api, api.make_task(**MONDAYS), due_date="2026-03-10")
    data_of(api.put(f"/tasks/{task['id']}", {**task, "title": "Renamed"}))
    assert due_after(api, task) == "2026-03-16"


def test_a_put_that_moves_the_due_date_and_repeats_the_rule_moves_one_instance(api):
    task = api.make_task(**MONDAYS)
    data_of(api.put(f"/tasks/{task['id']}", {**task, "due_date": "2026-03-10"}))
    assert due_after(api, task) == "2026-03-16"


@pytest.mark.parametrize(
    "spelling",
    [
        "freq=weekly;interval=2;byday=mo",
        "BYDAY=MO;INTERVAL=2;FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=02;BYDAY=MO,MO;WKST=MO;",
    ],
)
def test_the_same_rule_in_another_spelling_is_stored_as_given_and_anchors_nothing(api, spelling):
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    task = api.make_task(due_date="2026-03-02", recurrence_rule=rule)
    moved = change(api, successor(api, task), due_date="2026-03-24")
    changed = change(api, moved, recurrence_rule=spelling)
    assert changed["recurrence_rule"] == spelling
    assert changed["version"] == 3
    assert preview(api, changed, limit=1)["items"] == [{"due_date": "2026-03-30", "occurrence": 3}]
    assert due_after(api, changed) == "2026-03-30"


def test_repeating_a_pushed_due_date_keeps_the_time_that_was_meant(api):
    task = api.make_task(
        due_date="2026-03-07T02:30:00", timezone=NEW_YORK, recurrence_rule="FREQ=DAILY"
    )
    pushed = successor(api, task)
    again = data_of(api.put(f"/tasks/{pushed['id']}", {**pushed, "title": "Renamed"}))
    assert again["due_date"] == "2026-03-08T07:30:00Z"
    assert due_after(api, again) == "2026-03-09T06:30:00Z"


def test_a_put_without_the_rule_ends_the_series(api):
    task = api.make_task(**MONDAYS)
    fields = {"title": "Once", "due_date": task["due_date"]}
    put = data_of(api.put(f"/tasks/{task['id']}", fields))
    assert (put["recurrence_rule"], put["is_recurring"], put["series_id"]) == (None, False, None)
    assert due_after(api, put) is None


# The end of a series, and tasks that are done


@pytest.mark.parametrize("clearing", [{"recurrence_rule": None}, {"is_recurring": False}])
def test_clearing_the_rule_ends_the_series(api, clearing):
    task = change(api, api.make_task(**MONDAYS), **clearing)
    assert (task["recurrence_rule"], task["is_recurring"], task["series_id"]) == (None, False, None)
    assert previewed(api, task) == []
    assert due_after(api, task) is None


def test_a_rule_set_again_begins_another_series(api):
    task = api.make_task(**MONDAYS)
    change(api, task, recurrence_rule=None)
    again = change(api, task, recurrence_rule="FREQ=DAILY;COUNT=2")
    assert again["series_id"] not in (None, task["series_id"])
    assert due_dates(api, again, at_most=9) == ["2026-03-02", "2026-03-03"]


def test_editing_the_open_task_never_changes_the_completed_ones(api):
    first = api.make_task(**MONDAYS)
    second = successor(api, first)
    before = read(api, first)
    change(api, second, recurrence_rule="FREQ=DAILY", timezone="Asia/Tokyo", title="Other")
    change(api, second, recurrence_rule=None)
    assert read(api, first) == before


def test_editing_a_completed_task_makes_nothing_and_leaves_its_successor(api):
    first = api.make_task(**MONDAYS)
    second = successor(api, first)
    edited = change(api, first, due_date="2026-03-04", recurrence_rule="FREQ=DAILY", title="Done")
    assert edited["next_task"] == second
    assert len(all_tasks(api)) == 2


def test_a_completed_task_that_was_edited_leads_on_from_there_after_an_undo(api):
    first = api.make_task(**MONDAYS)
    complete(api, first)
    change(api, first, recurrence_rule="FREQ=DAILY")
    reopen(api, first)
    assert due_after(api, first) == "2026-03-03"


@pytest.mark.parametrize("edit", [{"due_date": "9999-12-31"}, {"due_date": "9999-12-31T23:00:00Z"}])
def test_a_bare_pattern_cannot_be_moved_to_where_the_calendar_ends(api, edit):
    task = api.make_task(**WEEKLY)
    problems = problems_of(api.patch(f"/tasks/{task['id']}", edit))
    assert problems == {"recurrence_rule": ["This rule never produces a date after 9999-12-31."]}


def test_an_instance_may_be_moved_to_where_the_calendar_ends_and_ends_its_series(api):
    task = change(api, api.make_task(**MONDAYS), due_date="9999-12-31")
    assert previewed(api, task) == []
    assert due_after(api, task) is None


@pytest.mark.parametrize(
    ("due", "zone"),
    [("9999-12-31T23:00:00Z", "Pacific/Kiritimati"), ("0001-01-01T03:00:00Z", NEW_YORK)],
)
def test_a_due_date_without_a_local_date_is_refused_where_a_rule_needs_it(api, due, zone):
    outside = {"due_date": ["Must be within the years 1 to 9999 in the task's time zone."]}
    fields = {"due_date": due, "recurrence_rule": "FREQ=DAILY"}
    assert problems_of(api.post("/tasks", {"title": "Edge", "timezone": zone, **fields})) == outside

    task = api.make_task(due_date=due, timezone=zone)
    patch = {"recurrence_rule": "FREQ=DAILY;INTERVAL=2"}
    assert problems_of(api.patch(f"/tasks/{task['id']}", patch)) == outside
    put = {"title": "Edge", "timezone": zone, **fields}
    assert problems_of(api.put(f"/tasks/{task['id']}", put)) == outside
