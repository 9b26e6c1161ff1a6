"""Which fields of one body cannot go together: a check counts where all its fields are known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.recurrence import Mode, parse_rule
from app.tasks.contradictions import contradictions

NINE = datetime(2026, 3, 2, 9)
TEN = datetime(2026, 3, 2, 10)
DAILY = parse_rule("FREQ=DAILY")
MONDAYS = parse_rule("FREQ=WEEKLY;BYDAY=MO")
OVER = parse_rule("FREQ=DAILY;UNTIL=20260301")


def utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({}, set()),
        ({"due_date": utc(NINE), "reminder_at": utc(NINE)}, set()),
        ({"due_date": utc(NINE), "reminder_at": utc(TEN)}, {"reminder_at"}),
        ({"due_date": NINE, "reminder_at": TEN}, set()),
        ({"due_date": NINE, "reminder_at": TEN, "timezone": "UTC"}, {"reminder_at"}),
        ({"due_date": date(2026, 3, 1), "reminder_at": utc(NINE)}, set()),
        (
            {"due_date": date(2026, 3, 1), "reminder_at": utc(NINE), "timezone": "UTC"},
            {"reminder_at"},
        ),
        ({"due_date": None, "reminder_at": utc(NINE)}, set()),
        ({"due_date": datetime(1, 1, 1)}, set()),
        ({"due_date": datetime(1, 1, 1), "timezone": "Asia/Tokyo"}, {"due_date"}),
        (
            {"reminder_at": datetime(9999, 12, 31, 23), "timezone": "America/New_York"},
            {"reminder_at"},
        ),
        ({"recurrence_rule": DAILY}, set()),
        ({"recurrence_rule": DAILY, "due_date": None}, {"due_date"}),
        ({"recurrence_rule": DAILY, "due_date": None, "is_recurring": False}, set()),
        ({"recurrence_rule": None, "due_date": None}, set()),
        ({"is_recurring": True}, set()),
        ({"is_recurring": True, "recurrence_rule": None}, {"is_recurring"}),
        ({"recurrence_rule": MONDAYS, "recurrence_mode": Mode.COMPLETION}, {"recurrence_mode"}),
        ({"recurrence_rule": DAILY, "recurrence_mode": Mode.COMPLETION}, set()),
        ({"recurrence_rule": OVER, "due_date": utc(NINE), "timezone": "UTC"}, set()),
        (
            {
                "recurrence_rule": DAILY,
                "due_date": utc(datetime(1, 1, 1)),
                "timezone": "America/New_York",
            },
            {"due_date"},
        ),
    ],
)
def test_what_the_given_fields_say_by_themselves(given, blamed):
    assert set(contradictions(given)) == blamed


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"recurrence_rule": OVER, "due_date": utc(NINE), "timezone": "UTC"}, {"recurrence_rule"}),
        ({"recurrence_rule": OVER, "due_date": utc(NINE)}, set()),
        ({"recurrence_rule": DAILY, "is_recurring": False}, {"is_recurring"}),
    ],
)
def test_for_a_new_task_there_is_no_stored_rule_to_repeat(given, blamed):
    assert set(contradictions(given, is_new=True)) == blamed


def test_the_given_fields_are_left_as_they_are():
    given = {"due_date": NINE, "timezone": "UTC"}
    contradictions(given)
    assert given == {"due_date": NINE, "timezone": "UTC"}
