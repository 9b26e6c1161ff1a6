"""What is refused, under which field, in which words (recurrence.md, R12, R20 and section 5)."""

from __future__ import annotations

import pytest

from tests.api.answers import problems_of
from tests.recurrence.steps import NEW_YORK

NOT_LIKE_THAT = "UNTIL must look like 20261231, 20261231T090000 or 20261231T090000Z; got"
RULES = {
    "FREQ=HOURLY": "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; got 'HOURLY'.",
    "FREQ=SECONDLY;INTERVAL=0": "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; got 'SECONDLY'.",
    "INTERVAL=2": "FREQ must be given: DAILY, WEEKLY, MONTHLY or YEARLY.",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL must be a whole number from 1 to 1000; got '0'.",
    "FREQ=DAILY;INTERVAL=1001": "INTERVAL must be a whole number from 1 to 1000; got '1001'.",
    "FREQ=DAILY;INTERVAL=1.5": "INTERVAL must be a whole number from 1 to 1000; got '1.5'.",
    "FREQ=DAILY;INTERVAL=+1": "INTERVAL must be a whole number from 1 to 1000; got '+1'.",
    "FREQ=DAILY;COUNT=0": "COUNT must be a whole number from 1 to 1000; got '0'.",
    "FREQ=DAILY;COUNT=-1": "COUNT must be a whole number from 1 to 1000; got '-1'.",
    "FREQ=DAILY;COUNT=2;UNTIL=20260401": "Use COUNT or UNTIL, not both.",
    "FREQ=DAILY;BYHOUR=9": "'BYHOUR' is not supported: the task's due time is used.",
    "FREQ=DAILY;BYMINUTE=30": "'BYMINUTE' is not supported: the task's due time is used.",
    "FREQ=DAILY;BYSECOND=1": "'BYSECOND' is not supported: the task's due time is used.",
    "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY values must be 1 to 31 or -31 to -1; got '0'.",
    "FREQ=MONTHLY;BYMONTHDAY=32": "BYMONTHDAY values must be 1 to 31 or -31 to -1; got '32'.",
    "FREQ=YEARLY;BYMONTH=13": "BYMONTH values must be 1 to 12; got '13'.",
    "FREQ=YEARLY;BYMONTH=-1": "BYMONTH values must be 1 to 12; got '-1'.",
    "FREQ=YEARLY;BYYEARDAY=367": "BYYEARDAY values must be 1 to 366 or -366 to -1; got '367'.",
    "FREQ=YEARLY;BYWEEKNO=54": "BYWEEKNO values must be 1 to 53 or -53 to -1; got '54'.",
    "FREQ=WEEKLY;BYDAY=XX": (
        "BYDAY values must be MO, TU, WE, TH, FR, SA or SU, with a number from 1 to 53 or -53 to"
        " -1 before it if need be; got 'XX'."
    ),
    "FREQ=WEEKLY;BYDAY=MO,,TU": (
        "BYDAY values must be MO, TU, WE, TH, FR, SA or SU, with a number from 1 to 53 or -53 to"
        " -1 before it if need be; got ''."
    ),
    "FREQ=WEEKLY;WKST=XX": "WKST must be MO, TU, WE, TH, FR, SA or SU; got 'XX'.",
    "FREQ=DAILY;UNTIL=2026-04-01": f"{NOT_LIKE_THAT} '2026-04-01'.",
    "FREQ=DAILY;UNTIL=20260230": "UNTIL must be a real date and time; got '20260230'.",
    "FREQ=DAILY;UNTIL=22010101": "UNTIL must not be after the year 2200; got '22010101'.",
    "FREQ=WEEKLY;BYMONTHDAY=1": "BYMONTHDAY cannot be used with FREQ=WEEKLY.",
    "FREQ=MONTHLY;BYYEARDAY=1": "BYYEARDAY can be used with FREQ=YEARLY only.",
    "FREQ=MONTHLY;BYWEEKNO=1": "BYWEEKNO can be used with FREQ=YEARLY only.",
    "FREQ=WEEKLY;BYDAY=1MO": (
        "Numbered BYDAY values can be used with FREQ=MONTHLY or FREQ=YEARLY only."
    ),
    "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO": "Numbered BYDAY values cannot be used with BYWEEKNO.",
    "FREQ=MONTHLY;BYSETPOS=1": "BYSETPOS needs another BY part beside it, such as BYDAY.",
    "FREQ=DAILY;FREQ=DAILY": "FREQ must be given only once.",
    "FREQ=DAILY;COUNT=": "COUNT must have a value.",
    "FREQ=DAILY;BYEASTER=0": "'BYEASTER' is not supported.",
    "FREQ=DAILY;RSCALE=GREGORIAN": "'RSCALE' is not supported.",
    "FREQ=DAILY;X-MINE=1": "'X-MINE' is not supported.",
    "DTSTART:20260301": "'DTSTART:20260301' is not supported.",
    "EXDATE=20260301": "'EXDATE' is not supported.",
    "every day": "A recurrence rule is ASCII text without blanks in it; got 'every day'.",
    "FREQ=DAILY; COUNT=2": (
        "A recurrence rule is ASCII text without blanks in it; got 'FREQ=DAILY; COUNT=2'."
    ),
    "FREQ=DAİLY": "A recurrence rule is ASCII text without blanks in it; got 'FREQ=DAİLY'.",
    "FREQ=DAILY;COUNT=٣": (
        "A recurrence rule is ASCII text without blanks in it; got 'FREQ=DAILY;COUNT=٣'."
    ),
    "RRULE:FREQ=DAILY\nEXDATE:20260302": "A recurrence rule is one line.",
    "": "A recurrence rule must not be empty; it begins like 'FREQ=WEEKLY'.",
    "RRULE:": "A recurrence rule must not be empty; it begins like 'FREQ=WEEKLY'.",
    "FREQ=DAILY" + ";" * 491: "A recurrence rule has at most 500 characters; got 501.",
    "FREQ=" + "X" * 60: (f"FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; got '{'X' * 39}…'."),
    "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["1"] * 32): (
        "BYMONTHDAY takes at most 31 values; got 32."
    ),
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=" + ",".join(["1"] * 13): (
        "BYSETPOS takes at most 12 values; got 13."
    ),
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30": "This rule never produces a date after 2026-03-01.",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1": (
        "This rule never produces a date after 2026-03-01."
    ),
    "FREQ=MONTHLY;BYDAY=6MO": "This rule never produces a date after 2026-03-01.",
    "FREQ=DAILY;UNTIL=20260228": (
        "UNTIL must not be before the due date 2026-03-01; got '20260228'."
    ),
}
NEEDS_DUE_DATE = "A recurring task needs a due date."


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: ascii(rule)[:40])
def test_a_refused_rule_gets_its_message_in_every_body(api, rule):
    said = {"recurrence_rule": [RULES[rule]]}
    body = {"title": "Refused", "due_date": "2026-03-01", "recurrence_rule": rule}
    assert problems_of(api.post("/tasks", body)) == said

    task = api.make_task(due_date="2026-03-01")
    assert problems_of(api.put(f"/tasks/{task['id']}", body)) == said
    assert problems_of(api.patch(f"/tasks/{task['id']}", {"recurrence_rule": rule})) == said


@pytest.mark.parametrize("rule", [7, True, ["FREQ=DAILY"], {"freq": "DAILY"}])
def test_a_rule_that_is_no_text_is_refused(api, rule):
    body = {"title": "Refused", "due_date": "2026-03-01", "recurrence_rule": rule}
    assert problems_of(api.post("/tasks", body)) == {"recurrence_rule": ["Must be text."]}


def test_a_rule_without_a_due_date_is_refused_under_the_due_date(api):
    said = {"due_date": [NEEDS_DUE_DATE]}
    body = {"title": "Refused", "recurrence_rule": "FREQ=DAILY"}
    assert problems_of(api.post("/tasks", body)) == said
    assert problems_of(api.post("/tasks", {**body, "due_date": None})) == said

    task = api.make_task()
    assert problems_of(api.put(f"/tasks/{task['id']}", body)) == said
    assert problems_of(api.patch(f"/tasks/{task['id']}", {"recurrence_rule": "FREQ=DAILY"})) == said

    recurring = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    assert problems_of(api.patch(f"/tasks/{recurring['id']}", {"due_date": None})) == said
    both = api.patch(f"/tasks/{recurring['id']}", {"due_date": None, "recurrence_rule": None})
    assert both.status_code == 200


@pytest.mark.parametrize(
    "zone", ["Mars/Phobos", "EST5EDT7", "america/new_york", "UTC+2", "../UTC", "Europe/Berlin ", ""]
)
def test_an_unknown_zone_names_itself(api, zone):
    said = {"timezone": [f"Unknown time zone '{zone}'."]}
    body = {"title": "Refused", "timezone": zone}
    assert problems_of(api.post("/tasks", body)) == said
    task = api.make_task()
    assert problems_of(api.put(f"/tasks/{task['id']}", body)) == said
    assert problems_of(api.patch(f"/tasks/{task['id']}", {"timezone": zone})) == said


def test_mode_completion_and_a_by_part_are_refused_under_the_mode(api):
    said = {
        "recurrence_mode": [
            "'completion' counts from the day of completion, so the rule may have FREQ, INTERVAL,"
            " COUNT, UNTIL and WKST only, not BYMONTH and BYDAY."
        ]
    }
    fields = {"due_date": "2026-03-02", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO;BYMONTH=3"}
    mode = {"recurrence_mode": "completion"}
    assert problems_of(api.post("/tasks", {"title": "Refused", **fields, **mode})) == said

    recurring = api.make_task(**fields)
    assert problems_of(api.patch(f"/tasks/{recurring['id']}", mode)) == said
    plain = api.make_task(due_date="2026-03-02", **mode)
    rule = {"recurrence_rule": fields["recurrence_rule"]}
    assert problems_of(api.patch(f"/tasks/{plain['id']}", rule)) == said


def test_until_before_the_due_date_is_refused_where_rule_or_both_are_set(api):
    rule = "FREQ=DAILY;UNTIL=20260309T020000Z"
    said = {
        "recurrence_rule": [
            "UNTIL must not be before the due date 2026-03-08; got '20260309T020000Z'."
        ]
    }
    late = {"due_date": "2026-03-08T22:30:00", "timezone": NEW_YORK}
    in_time = {**late, "due_date": "2026-03-08T22:00:00"}
    body = {"title": "Refused", "recurrence_rule": rule}
    assert problems_of(api.post("/tasks", {**body, **late})) == said
    assert api.post("/tasks", {**body, **in_time}).status_code == 201

    plain = api.make_task(**late)
    assert problems_of(api.patch(f"/tasks/{plain['id']}", {"recurrence_rule": rule})) == said
    early = api.make_task(**in_time)
    assert problems_of(api.put(f"/tasks/{early['id']}", {**body, **late})) == said
    both = {"due_date": late["due_date"], "recurrence_rule": rule}
    assert problems_of(api.patch(f"/tasks/{early['id']}", both)) == said


def test_several_problems_come_back_together(api):
    body = {
        "title": "",
        "due_date": "2026-02-30",
        "timezone": "Mars/Phobos",
        "recurrence_rule": "FREQ=HOURLY",
        "recurrence_mode": "sometimes",
        "reminder_at": "2026-03-01",
    }
    assert set(problems_of(api.post("/tasks", body))) == set(body)


def test_a_refused_edit_leaves_the_series_as_it_was(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    refused = {"title": "Renamed", "recurrence_rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}
    problems_of(api.patch(f"/tasks/{task['id']}", refused))
    assert api.get(f"/tasks/{task['id']}").json["data"] == task
