"""Completing, toggling, undoing, and the successor of a recurring task (recurrence.md, R12-R20)."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from app.tasks import routes
from tests.api.answers import MISSING_ID, data_of, error_of, problems_of
from tests.conftest import token_for

RECURRING = {"due_date": "2026-03-01", "recurrence_rule": "FREQ=DAILY"}
COMPLETIONS = {
    "complete": lambda api, task: api.patch(f"/tasks/{task['id']}/complete", {"completed": True}),
    "toggle": lambda api, task: api.post(f"/tasks/{task['id']}/toggle"),
    "patch": lambda api, task: api.patch(f"/tasks/{task['id']}", {"completed": True}),
    "put": lambda api, task: api.put(f"/tasks/{task['id']}", {**task, "completed": True}),
}
UNDOS = {
    "complete": lambda api, task: api.patch(f"/tasks/{task['id']}/complete", {"completed": False}),
    "toggle": lambda api, task: api.post(f"/tasks/{task['id']}/toggle"),
    "patch": lambda api, task: api.patch(f"/tasks/{task['id']}", {"is_completed": False}),
    "put": lambda api, task: api.put(f"/tasks/{task['id']}", {**task, "completed": False}),
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch):
    """Sets what the task endpoints take for now."""

    def set_to(moment: str) -> None:
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        monkeypatch.setattr(routes, "utc_now", lambda: now)

    return set_to


def complete(api, task, **options):
    return data_of(COMPLETIONS["complete"](api, task), **options)


def count_tasks(connection, api) -> int:
    count = text("SELECT count(*) FROM tasks WHERE user_id = :id")
    return connection.execute(count, {"id": api.user_id}).scalar()


@pytest.mark.parametrize("way", COMPLETIONS)
def test_every_way_to_complete_sets_the_time_and_answers_with_the_successor(api, way, connection):
    task = api.make_task(**RECURRING, tags=["home"], priority="High", description="Said")
    answer = COMPLETIONS[way](api, task)
    done = data_of(answer)

    assert done["completed"] is True
    assert done["completed_at"] == done["updated_at"]
    assert done["version"] == 2
    assert answer.headers["ETag"] == '"2"'
    left = done["next_task"]
    copied = ("title", "description", "priority", "tags", "timezone", "recurrence_rule",
              "recurrence_mode", "series_id", "user_id", "is_recurring")  # fmt: skip
    assert {name: left[name] for name in copied} == {name: task[name] for name in copied}
    assert (left["due_date"], left["completed"], left["completed_at"], left["version"]) == (
        "2026-03-02",
        False,
        None,
        1,
    )
    assert "next_task" not in left
    assert data_of(api.get(f"/tasks/{left['id']}")) == left
    assert api.tag_named("home")["usage_count"] == 2
    assert count_tasks(connection, api) == 2


@pytest.mark.parametrize("way", COMPLETIONS)
def test_a_task_without_a_rule_leaves_nothing(api, way, connection):
    task = api.make_task()
    done = data_of(COMPLETIONS[way](api, task))
    assert (done["completed"], done["next_task"]) == (True, None)
    assert count_tasks(connection, api) == 1


@pytest.mark.parametrize("way", ["complete", "patch", "put"])
def test_a_repeat_changes_nothing_and_answers_the_same(api, way, connection):
    task = api.make_task(**RECURRING)
    first = data_of(COMPLETIONS[way](api, task))
    assert data_of(COMPLETIONS[way](api, task)) == first
    assert count_tasks(connection, api) == 2


@pytest.mark.parametrize("undo", UNDOS)
@pytest.mark.parametrize("way", COMPLETIONS)
def test_undo_takes_an_untouched_successor_back(api, way, undo, connection):
    task = api.make_task(**RECURRING, tags=["home"])
    done = data_of(COMPLETIONS[way](api, task))
    undone = data_of(UNDOS[undo](api, task))

    assert (undone["completed"], undone["completed_at"], undone["next_task"]) == (False, None, None)
    assert undone["version"] == 3
    error_of(api.get(f"/tasks/{done['next_task']['id']}"), 404, "NOT_FOUND")
    assert api.tag_named("home")["usage_count"] == 1
    counters = "SELECT open_tasks, completed_tasks FROM users WHERE id = :id"
    assert tuple(connection.execute(text(counters), {"id": api.user_id}).one()) == (1, 0)


def test_complete_undo_complete_makes_exactly_two_tasks(api, connection):
    task = api.make_task(**RECURRING)
    complete(api, task)
    UNDOS["complete"](api, task)
    complete(api, task)
    assert count_tasks(connection, api) == 2


@pytest.mark.parametrize(
    "touch",
    [
        lambda api, left: api.patch(f"/tasks/{left['id']}", {"title": "Touched"}),
        lambda api, left: api.post(f"/tasks/{left['id']}/toggle"),
        lambda api, left: api.patch(f"/tags/{api.tag_named('home')['id']}", {"name": "house"}),
        lambda api, left: api.delete(f"/tags/{api.tag_named('home')['id']}"),
    ],
)
def test_a_touched_successor_stays_and_there_is_no_second(api, touch, connection):
    task = api.make_task(**RECURRING, tags=["home"])
    left = complete(api, task)["next_task"]
    assert touch(api, left).status_code in {200, 204}
    before = count_tasks(connection, api)
    UNDOS["complete"](api, task)
    assert data_of(api.get(f"/tasks/{left['id']}"))["version"] == 2
    assert complete(api, task)["next_task"]["id"] == left["id"]
    assert count_tasks(connection, api) == before


def test_a_deleted_successor_is_answered_as_none_and_made_anew_after_an_undo(api):
    task = api.make_task(**RECURRING)
    left = complete(api, task)["next_task"]
    api.delete(f"/tasks/{left['id']}")
    assert complete(api, task)["next_task"] is None
    UNDOS["complete"](api, task)
    anew = complete(api, task)["next_task"]
    assert anew["id"] != left["id"]
    assert anew["due_date"] == "2026-03-02"


def test_an_edit_in_the_same_body_happens_first(api):
    task = api.make_task(**RECURRING)
    done = data_of(
        api.patch(
            f"/tasks/{task['id']}", {"completed": True, "title": "New", "due_date": "2026-05-01"}
        )
    )
    assert done["next_task"]["title"] == "New"
    assert done["next_task"]["due_date"] == "2026-05-02"


def test_clearing_the_rule_while_completing_leaves_no_successor(api):
    task = api.make_task(**RECURRING)
    done = data_of(api.patch(f"/tasks/{task['id']}", {"completed": True, "recurrence_rule": None}))
    assert done["next_task"] is None


def test_editing_a_completed_task_makes_nothing(api, connection):
    task = api.make_task(**RECURRING)
    left = complete(api, task)["next_task"]
    edited = data_of(api.patch(f"/tasks/{task['id']}", {"title": "Was done"}))
    assert edited["next_task"] == left
    assert count_tasks(connection, api) == 2


def test_toggle_goes_back_and_forth(api):
    task = api.make_task()
    states = [data_of(api.post(f"/tasks/{task['id']}/toggle"))["completed"] for _ in range(3)]
    assert states == [True, False, True]


@pytest.mark.parametrize("body", [{}, {"id": "x", "version": 3}])
def test_toggle_takes_an_empty_object_too(api, body):
    task = api.make_task()
    assert data_of(api.post(f"/tasks/{task['id']}/toggle", body))["completed"] is True


def test_toggle_takes_no_other_field(api):
    task = api.make_task()
    answer = api.post(f"/tasks/{task['id']}/toggle", {"completed": True})
    assert list(problems_of(answer)) == ["completed"]


def test_toggle_without_a_body_does_not_mind_a_content_type(api):
    task = api.make_task()
    answer = api.post(
        f"/tasks/{task['id']}/toggle",
        data=b"",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert data_of(answer)["completed"] is True


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({}, "completed"),
        ({"completed": "yes"}, "completed"),
        ({"completed": None}, "completed"),
        ({"completed": 1}, "completed"),
        ({"completed": True, "title": "x"}, "title"),
        ({"completed": True, "is_completed": True}, "is_completed"),
    ],
)
def test_complete_takes_a_boolean_and_nothing_else(api, body, blamed):
    task = api.make_task()
    assert list(problems_of(api.patch(f"/tasks/{task['id']}/complete", body))) == [blamed]


def test_a_missing_id_is_not_found(api):
    api.make_task()
    error_of(complete_at(api, MISSING_ID), 404, "NOT_FOUND")
    error_of(api.post(f"/tasks/{MISSING_ID}/toggle"), 404, "NOT_FOUND")


def complete_at(api, task_id):
    return api.patch(f"/tasks/{task_id}/complete", {"completed": True})


# The series


def test_count_ends_the_series_without_an_error(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=3")
    dates = []
    while task is not None:
        dates.append(task["due_date"])
        task = complete(api, task)["next_task"]
    assert dates == ["2026-03-01", "2026-03-02", "2026-03-03"]


@pytest.mark.parametrize(
    ("mode", "now", "expected"),
    [
        ("next", "2026-03-09T12:00", "2026-03-02"),
        ("future", "2026-03-09T12:00", "2026-03-10"),
        ("completion", "2026-03-09T12:00", "2026-03-10"),
        ("next", "2026-02-27T12:00", "2026-03-02"),
        ("future", "2026-02-27T12:00", "2026-03-02"),
        ("completion", "2026-02-27T12:00", "2026-02-28"),
    ],
)
def test_a_late_or_early_completion_follows_the_mode(api, clock, mode, now, expected):
    task = api.make_task(**RECURRING, recurrence_mode=mode)
    clock(now)
    assert complete(api, task)["next_task"]["due_date"] == expected


def test_wall_time_stays_across_a_change_of_clocks(api):
    task = api.make_task(
        due_date="2026-03-07T09:00:00",
        reminder_at="2026-03-07T08:00:00",
        timezone="America/New_York",
        recurrence_rule="FREQ=DAILY",
    )
    left = complete(api, task)["next_task"]
    assert (left["due_date"], left["reminder_at"]) == (
        "2026-03-08T13:00:00Z",
        "2026-03-08T12:00:00Z",
    )


@pytest.mark.parametrize(
    ("due", "reminder"),
    [
        ("2026-03-07T03:10:00", "2026-03-07T02:40:00"),  # 02:40 does not exist on the next day
        ("2026-11-01T06:15:00Z", "2026-11-01T05:45:00Z"),  # 01:15 the second time, 01:45 the first
    ],
)
def test_a_change_of_clocks_never_puts_the_reminder_after_the_due_date(api, due, reminder):
    task = api.make_task(
        due_date=due,
        reminder_at=reminder,
        timezone="America/New_York",
        recurrence_rule="FREQ=DAILY",
    )
    left = complete(api, task)["next_task"]
    assert left["reminder_at"] <= left["due_date"]
    assert data_of(api.put(f"/tasks/{left['id']}", left))["version"] == 1


def test_an_all_day_series_keeps_its_reminder_by_the_clock(api):
    task = api.make_task(**RECURRING, reminder_at="2026-02-28T18:00:00", timezone="Asia/Tokyo")
    assert complete(api, task)["next_task"]["reminder_at"] == "2026-03-01T09:00:00Z"


def test_moving_one_instance_keeps_the_pattern(api):
    task = api.make_task(due_date="2026-03-02", recurrence_rule="FREQ=WEEKLY;BYDAY=MO")
    moved = data_of(api.patch(f"/tasks/{task['id']}", {"due_date": "2026-03-04"}))
    assert complete(api, moved)["next_task"]["due_date"] == "2026-03-09"


def test_moving_a_bare_pattern_moves_the_series(api):
    task = api.make_task(due_date="2026-03-02", recurrence_rule="FREQ=WEEKLY")
    moved = data_of(api.put(f"/tasks/{task['id']}", {**task, "due_date": "2026-03-04"}))
    assert complete(api, moved)["next_task"]["due_date"] == "2026-03-11"


def test_a_date_that_turns_into_a_timestamp_anchors_the_series_there(api):
    task = api.make_task(due_date="2026-03-02", recurrence_rule="FREQ=WEEKLY;BYDAY=MO")
    moved = data_of(api.patch(f"/tasks/{task['id']}", {"due_date": "2026-03-02T09:00:00Z"}))
    assert complete(api, moved)["next_task"]["due_date"] == "2026-03-09T09:00:00Z"


@pytest.mark.parametrize(
    "change", [{"recurrence_rule": "FREQ=DAILY;COUNT=2"}, {"timezone": "Asia/Tokyo"}]
)
def test_a_new_rule_or_zone_starts_counting_again(api, change):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=2")
    second = complete(api, task)["next_task"]
    other_rule = {"recurrence_rule": "FREQ=WEEKLY;COUNT=2"}
    api.patch(f"/tasks/{second['id']}", other_rule)
    restarted = data_of(api.patch(f"/tasks/{second['id']}", change))
    third = complete(api, restarted)["next_task"]
    assert third is not None
    assert complete(api, third)["next_task"] is None


def test_the_series_does_not_go_past_the_year_9999(api):
    task = api.make_task(due_date="9999-12-30", recurrence_rule="FREQ=DAILY")
    last = complete(api, task)["next_task"]
    assert last["due_date"] == "9999-12-31"
    assert complete(api, last)["next_task"] is None


def test_a_stored_rule_that_nobody_can_read_ends_the_series(api, connection):
    task = api.make_task(**RECURRING)
    connection.execute(
        text("UPDATE tasks SET recurrence_rule = 'FREQ=FORTNIGHTLY' WHERE user_id = :id"),
        {"id": api.user_id},
    )
    done = complete(api, task)
    assert (done["completed"], done["next_task"]) == (True, None)


# With the real server and its many threads


def _ask(url: str, token: str, method: str, body: Any = None) -> tuple[int, Any]:
    request = urllib.request.Request(
        url,
        method=method,
        data=orjson.dumps(body) if body is not None else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, orjson.loads(answer.read())
    except urllib.error.HTTPError as answer:
        return answer.code, orjson.loads(answer.read())


def _at_once(number: int, act) -> list[Any]:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(act())) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_fifty_completions_at_once_make_one_successor(live_server):
    token = token_for("fifty-completions")
    tasks = f"{live_server.url}/tasks"
    _, made = _ask(tasks, token, "POST", {"title": "A task", **RECURRING})
    url = f"{tasks}/{made['data']['id']}/complete"

    answers = _at_once(50, lambda: _ask(url, token, "PATCH", {"completed": True}))

    assert [status for status, _ in answers] == [200] * 50, live_server.log[-4000:]
    assert len({body["data"]["next_task"]["id"] for _, body in answers}) == 1
    _, listed = _ask(tasks, token, "GET")
    assert len(listed["data"]["items"]) == 2


def test_toggles_at_once_take_turns(live_server):
    token = token_for("many-toggles")
    tasks = f"{live_server.url}/tasks"
    _, made = _ask(tasks, token, "POST", {"title": "A task", **RECURRING})
    url = f"{tasks}/{made['data']['id']}"

    answers = _at_once(20, lambda: _ask(f"{url}/toggle", token, "POST"))

    assert [status for status, _ in answers] == [200] * 20
    assert sum(body["data"]["completed"] for _, body in answers) == 10
    _, after = _ask(url, token, "GET")
    assert (after["data"]["completed"], after["data"]["version"]) == (False, 21)
