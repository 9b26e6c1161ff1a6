"""Round trips: how text and dates come back (contract, section 4)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.answers import data_of, problems_of

quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Etc/GMT+12"]
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@quick
@given(words.filter(lambda text: text.strip()), words)
@example("  A\u0308rger\u2003", "e\u0301 \u2003")
@example("\u00a0x\u0085", "\n")
def test_text_comes_back_in_nfc_and_a_title_trimmed(api, title, description):
    task = api.make_task(title=title, description=description)
    assert task["title"] == unicodedata.normalize("NFC", title).strip()
    assert task["description"] == unicodedata.normalize("NFC", description)
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


@pytest.mark.parametrize(
    ("field", "value", "length"),
    [
        ("title", "😀" * 255, 255),
        ("title", "  " + "e\u0301" * 255 + "\u3000", 255),
        ("description", "😀" * 2000, 2000),
        ("description", "e\u0301" * 2000, 2000),
        ("description", "", 0),
    ],
)
def test_lengths_count_code_points_after_normalising_and_trimming(api, field, value, length):
    assert len(api.make_task(**{field: value})[field]) == length


@pytest.mark.parametrize(("field", "value"), [("title", "😀" * 256), ("description", "😀" * 2001)])
def test_one_code_point_more_is_too_long(api, field, value):
    assert problems_of(api.post("/tasks", {"title": "A task", field: value}))[field]


def test_every_blank_that_python_knows_is_no_title(api):
    blanks = "".join(chr(point) for point in range(0x110000) if chr(point).isspace())
    assert problems_of(api.post("/tasks", {"title": blanks[:255]}))["title"]


@quick
@given(st.dates(), st.sampled_from(ZONES))
@example(date(1, 1, 1), "Asia/Kathmandu")
@example(date(1, 1, 1), "America/New_York")
@example(date(9999, 12, 31), "America/New_York")
@example(date(9999, 12, 31), "Pacific/Apia")
@example(date(2011, 12, 30), "Pacific/Apia")
def test_an_all_day_date_is_the_same_date_in_every_zone(api, day, zone):
    task = api.make_task(due_date=day.isoformat(), timezone=zone)
    assert task["due_date"] == day.isoformat()
    changed = data_of(api.patch(f"/tasks/{task['id']}", {"title": "Another"}))
    assert changed["due_date"] == day.isoformat()
    listed = data_of(api.get("/tasks?sort_by=due_date&limit=1&sort_order=desc"))
    assert listed["items"]
    api.delete(f"/tasks/{task['id']}")


@quick
@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_an_instant_comes_back_in_utc_and_whole_seconds(api, wall, minutes):
    moment = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    task = api.make_task(due_date=moment.isoformat())
    assert task["due_date"] == _utc(moment)


@quick
@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from(ZONES))
def test_a_timestamp_without_offset_is_local_to_the_zone(api, wall, zone):
    wall = wall.replace(microsecond=0)
    task = api.make_task(due_date=wall.isoformat(), reminder_at=wall.isoformat(), timezone=zone)
    expected = _utc(wall.replace(tzinfo=ZoneInfo(zone)))
    assert (task["due_date"], task["reminder_at"]) == (expected, expected)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("2026-03-01T09:00:00+01:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01T09:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00.999999999Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00-00:00", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00+23:59", "2026-02-28T09:01:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T22:59:59-01:00", "9999-12-31T23:59:59Z"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_a_due_date_is_answered_in_one_form(api, given, answered):
    task = api.make_task(due_date=given)
    assert task["due_date"] == answered
    assert data_of(api.put(f"/tasks/{task['id']}", task))["version"] == 1


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29", "2026-13-01", "2026-1-1", "20260301", "2026-W09-1", "2026-060", "+2026-03-01",
        "0000-01-01", "10000-01-01", "2026-03-01T24:00:00Z", "2026-03-01T23:59:60Z",
        "2026-03-01 09:00:00Z", "2026-03-01t09:00:00Z", "2026-03-01T09:00:00z", "2026-03-01T09Z",
        " 2026-03-01", "2026-03-01 ", "2026-03-01\n", "2026-03-01T09:00:00+1:00",
        "2026-03-01T09:00:00+24:00", "2026-03-01T09:00:00+01:60", "2026-03-01T09:00:00+0100",
        "2026-03-01T09:00:00,5Z", "2026-03-01T09:00:00.Z", "2026-03-01T09:00.5Z", "２０２６-03-01",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "tomorrow", "", 1772355600, True,
        ["2026-03-01"], "2026-03-01\x00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["due_date", "reminder_at"])
def test_any_other_form_of_a_date_is_refused(api, field, value):
    assert list(problems_of(api.post("/tasks", {"title": "A task", field: value}))) == [field]


def test_a_reminder_is_no_bare_date(api):
    answer = api.post("/tasks", {"title": "A task", "reminder_at": "2026-03-01"})
    assert list(problems_of(answer)) == ["reminder_at"]


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),  # in the gap: the offset before it
        ("2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),  # in the overlap: the first reading
    ],
)
def test_a_wall_time_in_a_gap_or_overlap_is_read_as_rfc_5545_says(api, wall, instant):
    task = api.make_task(due_date=wall, timezone="America/New_York")
    assert task["due_date"] == instant


def test_changing_the_zone_alone_leaves_an_instant_where_it_is(api):
    task = api.make_task(due_date="2026-03-01T09:00:00", timezone="Europe/Berlin")
    changed = data_of(api.patch(f"/tasks/{task['id']}", {"timezone": "Asia/Tokyo"}))
    assert (changed["due_date"], changed["timezone"]) == ("2026-03-01T08:00:00Z", "Asia/Tokyo")


def test_a_patch_reads_a_wall_time_in_the_zone_that_the_task_has(api):
    task = api.make_task(timezone="Asia/Tokyo")
    changed = data_of(api.patch(f"/tasks/{task['id']}", {"due_date": "2026-03-01T09:00:00"}))
    assert changed["due_date"] == "2026-03-01T00:00:00Z"


def test_server_made_timestamps_have_six_digits_and_z(api):
    task = api.make_task(completed=True)
    for name in ("created_at", "updated_at", "completed_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", task[name])
