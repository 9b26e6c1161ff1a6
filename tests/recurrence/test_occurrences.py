"""The preview of a series (contract, section 1)."""

from __future__ import annotations

import time

import pytest

from tests.api.answers import BASES, MISSING_ID, data_of, error_of, problems_of
from tests.recurrence.steps import (
    NEW_YORK,
    change,
    complete,
    preview,
    previewed,
    successor,
)
from tests.statements import listening

MONDAYS = {"due_date": "2026-03-02", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO"}
NINE = {"due_date": "2026-03-06T09:00:00", "timezone": NEW_YORK, "recurrence_rule": "FREQ=DAILY"}
OUTSIDE = "Must be within the years 1 to 9999 in UTC."


def problems(api, task, query):
    return problems_of(api.get(f"/tasks/{task['id']}/occurrences?{query}"))


def test_it_lists_ten_successors_and_says_that_there_are_more(api):
    found = preview(api, api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY"))
    assert set(found) == {"items", "has_more"}
    assert found["items"] == [
        {"due_date": f"2026-03-{day:02}", "occurrence": day} for day in range(2, 12)
    ]
    assert found["has_more"] is True


@pytest.mark.parametrize(
    ("count", "limit", "items", "has_more"),
    [(4, 3, 3, False), (5, 3, 3, True), (1, 1, 0, False), (150, 100, 100, True)],
)
def test_has_more_is_exact(api, count, limit, items, has_more):
    task = api.make_task(due_date="2026-03-01", recurrence_rule=f"FREQ=DAILY;COUNT={count}")
    found = preview(api, task, limit=limit)
    assert (len(found["items"]), found["has_more"]) == (items, has_more)


def test_instants_are_answered_in_utc_and_dates_as_dates(api):
    assert previewed(api, api.make_task(**NINE), limit=3) == [
        "2026-03-07T14:00:00Z",
        "2026-03-08T13:00:00Z",
        "2026-03-09T13:00:00Z",
    ]
    assert previewed(api, api.make_task(**MONDAYS), limit=1) == ["2026-03-09"]


def test_early_years_have_four_digits(api):
    early = {"recurrence_rule": "FREQ=YEARLY"}
    timed = api.make_task(due_date="0005-03-01T09:00:00Z", **early)
    dated = api.make_task(due_date="0005-03-01", **early)
    assert previewed(api, timed, limit=1) == ["0006-03-01T09:00:00Z"]
    assert previewed(api, dated, limit=1) == ["0006-03-01"]


def test_a_second_task_goes_on_with_its_own_number(api):
    second = successor(api, api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY"))
    assert preview(api, second, limit=1)["items"] == [{"due_date": "2026-03-03", "occurrence": 3}]


def test_a_moved_task_answers_as_completing_it_would(api):
    task = change(api, api.make_task(**MONDAYS), due_date="2026-03-10")
    assert preview(api, task, limit=1)["items"] == [{"due_date": "2026-03-16", "occurrence": 3}]
    assert successor(api, task)["due_date"] == "2026-03-16"


def test_a_completed_task_answers_as_if_it_were_open(api):
    task = api.make_task(**MONDAYS)
    before = preview(api, task)
    complete(api, task)
    assert preview(api, task) == before


def test_a_task_without_a_rule_has_an_empty_list(api):
    assert preview(api, api.make_task(due_date="2026-03-01")) == {"items": [], "has_more": False}
    assert preview(api, api.make_task()) == {"items": [], "has_more": False}


# From and to


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"from_": "2026-03-16", "to": "2026-03-23"}, ["2026-03-16", "2026-03-23"]),
        ({"from_": "2026-03-17", "to": "2026-03-22"}, []),
        ({"from_": "2026-03-16", "to": "2026-03-16"}, ["2026-03-16"]),
        ({"to": "2026-03-10"}, ["2026-03-09"]),
        ({"to": "2026-03-02"}, []),
        ({"from_": "2026-01-01", "to": "2026-03-09"}, ["2026-03-09"]),
        (
            {"from_": "2026-03-16T23:00:00Z", "to": "2026-03-23T01:00:00Z"},
            ["2026-03-16", "2026-03-23"],
        ),
    ],
)
def test_both_ends_are_inclusive_for_dates(api, bounds, expected):
    assert previewed(api, api.make_task(**MONDAYS), **bounds) == expected


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"from_": "2026-03-08", "to": "2026-03-08"}, ["2026-03-08T13:00:00Z"]),
        ({"from_": "2026-03-08T09:00:00", "to": "2026-03-08T09:00:00"}, ["2026-03-08T13:00:00Z"]),
        ({"from_": "2026-03-08T13:00:00Z", "to": "2026-03-08T13:00:00Z"}, ["2026-03-08T13:00:00Z"]),
        ({"from_": "2026-03-08T09:00:01", "to": "2026-03-09T08:59:59"}, []),
        ({"from_": "2026-03-08T14:00:00+01:00", "to": "2026-03-08"}, ["2026-03-08T13:00:00Z"]),
        ({"from_": "2026-03-08T14:00:01+01:00", "to": "2026-03-08"}, []),
    ],
)
def test_a_date_is_the_whole_day_in_the_tasks_zone_and_a_naive_time_is_local(api, bounds, expected):
    assert previewed(api, api.make_task(**NINE), **bounds) == expected


def test_a_day_in_the_tasks_zone_is_not_the_day_in_utc(api):
    task = api.make_task(
        due_date="2026-03-01T21:00:00", timezone=NEW_YORK, recurrence_rule="FREQ=DAILY"
    )
    assert previewed(api, task, from_="2026-03-02", to="2026-03-02") == ["2026-03-03T02:00:00Z"]


def test_what_lies_before_from_is_counted_but_not_listed(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=10")
    found = preview(api, task, from_="2026-03-09")
    assert found["items"] == [
        {"due_date": "2026-03-09", "occurrence": 9},
        {"due_date": "2026-03-10", "occurrence": 10},
    ]
    assert preview(api, task, from_="2026-03-11")["items"] == []


def test_a_day_that_the_zone_skipped_is_a_range_without_dates(api):
    task = api.make_task(
        due_date="2011-12-28T09:00:00", timezone="Pacific/Apia", recurrence_rule="FREQ=DAILY"
    )
    assert previewed(api, task, from_="2011-12-30", to="2011-12-30") == []
    assert previewed(api, task, from_="2011-12-30", to="2011-12-31") == ["2011-12-30T19:00:00Z"]


def test_a_blank_parameter_counts_as_not_given(api):
    task = api.make_task(**MONDAYS)
    answer = api.get(f"/tasks/{task['id']}/occurrences?limit=&from=&to=")
    assert len(data_of(answer)["items"]) == 10


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-03-09&to=2026-03-08",
        "from=2026-03-08T09:00:01&to=2026-03-08T09:00:00",
        "from=2026-03-08T09:00:01Z&to=2026-03-08T10:00:00%2B01:00",
        "from=2026-03-09&to=2026-03-09T03:59:59Z",
        "from=2026-03-09T04:00:00Z&to=2026-03-08",
        # In the gap, half past two is half past three, which is after a quarter past.
        "from=2026-03-08T02:30:00&to=2026-03-08T03:15:00",
    ],
)
@pytest.mark.parametrize("rule", ["FREQ=DAILY", None])
def test_from_after_to_is_refused(api, query, rule):
    task = api.make_task(**{**NINE, "recurrence_rule": rule})
    assert problems(api, task, query) == {"from": ["Must not be after to."]}


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("from=2026-03-01&from=2026-03-01", "from"),
        ("to=2026-02-30", "to"),
        ("to=tomorrow", "to"),
        ("from=2026-03-01t09:00:00Z", "from"),
        ("offset=10", "offset"),
        ("From=2026-03-01", "From"),
        ("timezone=UTC", "timezone"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(api, query, blamed):
    assert set(problems(api, api.make_task(**MONDAYS), query)) == {blamed}


def test_a_local_bound_without_a_utc_value_is_refused(api):
    west = api.make_task(**NINE)
    east = api.make_task(**{**NINE, "timezone": "Asia/Tokyo"})
    assert problems(api, west, "to=9999-12-31T23:00:00") == {"to": [OUTSIDE]}
    assert problems(api, east, "from=0001-01-01T01:00:00") == {"from": [OUTSIDE]}
    assert problems(api, west, "to=9999-12-31T23:00:00-05:00") == {"to": [OUTSIDE]}


def test_the_first_and_the_last_day_there_is_are_fine_as_bounds(api):
    for zone in (NEW_YORK, "Pacific/Apia"):
        task = api.make_task(**{**NINE, "timezone": zone})
        assert len(previewed(api, task, from_="0001-01-01", to="9999-12-31")) == 10


# Who may see it, and how it is answered


@pytest.mark.parametrize("base", BASES)
def test_it_is_there_under_every_base(make_api, base):
    user = "user-with-bases"
    api = make_api(user, base=base.format(user_id=user))
    assert len(previewed(api, api.make_task(**MONDAYS))) == 10


def test_a_foreign_task_a_missing_one_and_no_id_at_all_are_not_found(api, other):
    foreign = other.make_task(**MONDAYS)
    for task_id in (foreign["id"], MISSING_ID, "7"):
        error_of(api.get(f"/tasks/{task_id}/occurrences"), 404, "NOT_FOUND")


def test_a_senseless_query_is_refused_before_the_id_is_looked_up(api):
    for query in ("limit=0", "from=2026-03-09&to=2026-03-08"):
        answer = api.get(f"/tasks/{MISSING_ID}/occurrences?{query}")
        error_of(answer, 422, "VALIDATION_ERROR")
    # The order of these two depends on the task's zone.
    answer = api.get(f"/tasks/{MISSING_ID}/occurrences?from=2026-03-09T00:00:00Z&to=2026-03-01")
    error_of(answer, 404, "NOT_FOUND")


def test_a_write_is_not_allowed(api):
    task = api.make_task(**MONDAYS)
    error_of(api.post(f"/tasks/{task['id']}/occurrences"), 405, "METHOD_NOT_ALLOWED")


def test_it_changes_nothing_and_takes_one_statement(api, connection):
    task = api.make_task(**MONDAYS)
    statements = []
    with listening(connection, lambda text, _: statements.append(text)):
        preview(api, task)
    assert len(statements) == 1
    assert api.get(f"/tasks/{task['id']}").json["data"] == task


HOSTILE = [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1",
    "FREQ=DAILY;INTERVAL=7;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=DAILY",
]


@pytest.mark.parametrize("rule", HOSTILE)
def test_a_hundred_dates_are_found_in_bounded_time(api, rule):
    task = api.make_task(due_date="1900-01-01", recurrence_rule=rule)
    start = time.perf_counter()
    preview(api, task, limit=100)
    preview(api, task, limit=100, from_="2950-01-01")
    assert time.perf_counter() - start < 10
