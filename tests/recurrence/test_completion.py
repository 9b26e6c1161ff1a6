"""One successor, however it comes about, and the way back (recurrence.md, R14, R15 and R19)."""

from __future__ import annotations

import pytest

from tests.api.answers import data_of, items_of
from tests.recurrence.steps import all_tasks, change, complete, read, reopen, successor

DAILY = {"due_date": "2026-03-01", "recurrence_rule": "FREQ=DAILY"}
COMPLETIONS = {
    "complete": complete,
    "toggle": lambda api, task: data_of(api.post(f"/tasks/{task['id']}/toggle")),
    "PATCH": lambda api, task: change(api, task, completed=True),
    "PUT": lambda api, task: data_of(api.put(f"/tasks/{task['id']}", {**task, "completed": True})),
}


@pytest.mark.parametrize("way", COMPLETIONS)
def test_every_way_to_complete_answers_with_the_one_successor(api, way):
    task = api.make_task(**DAILY)
    done = COMPLETIONS[way](api, task)
    left = done.pop("next_task")
    assert left["due_date"] == "2026-03-02"
    assert all_tasks(api) == [done, left]
    assert read(api, left) == left


@pytest.mark.parametrize("way", ["complete", "PATCH", "PUT"])
def test_a_repeat_makes_nothing_and_answers_with_the_same_successor(api, way):
    task = api.make_task(**DAILY)
    first = complete(api, task)
    assert COMPLETIONS[way](api, task) == first
    assert len(all_tasks(api)) == 2


def test_a_later_edit_of_the_completed_task_answers_with_the_successor_as_it_is_now(api):
    task = api.make_task(**DAILY)
    left = successor(api, task)
    renamed = change(api, left, title="Renamed")
    del renamed["next_task"]
    assert change(api, task, title="Done long ago")["next_task"] == renamed


def test_undo_removes_a_successor_that_nothing_has_touched(api):
    task = api.make_task(**DAILY, tags=["home"])
    left = successor(api, task)
    assert reopen(api, task)["next_task"] is None
    assert api.get(f"/tasks/{left['id']}").status_code == 404
    assert [item["id"] for item in all_tasks(api)] == [task["id"]]
    assert api.tag_named("home")["usage_count"] == 1


def test_complete_undo_complete_makes_exactly_two_tasks(api):
    task = api.make_task(**DAILY)
    complete(api, task)
    reopen(api, task)
    again = complete(api, task)["next_task"]
    assert again["due_date"] == "2026-03-02"
    assert [item["id"] for item in all_tasks(api)] == [task["id"], again["id"]]


TOUCHES = {
    "edited": lambda api, left: change(api, left, title="Renamed"),
    "edited and edited back": lambda api, left: [
        change(api, left, title=title) for title in ("Renamed", left["title"])
    ],
    "completed": complete,
    "completed and reopened": lambda api, left: (complete(api, left), reopen(api, left)),
    "its tag renamed": lambda api, left: data_of(
        api.patch(f"/tags/{api.tag_named('home')['id']}", {"name": "house"})
    ),
    "its tag deleted": lambda api, _: api.delete(f"/tags/{api.tag_named('home')['id']}"),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_undo_leaves_a_touched_successor_and_completing_again_makes_no_second(api, touch):
    task = api.make_task(**DAILY, tags=["home"])
    left = successor(api, task)
    TOUCHES[touch](api, left)
    count = len(all_tasks(api))

    assert reopen(api, task)["next_task"] is None
    assert len(all_tasks(api)) == count
    assert complete(api, task)["next_task"]["id"] == left["id"]
    assert len(all_tasks(api)) == count


@pytest.mark.parametrize(
    "touch",
    [
        lambda api, left: change(api, left, title=left["title"]),
        lambda api, left: read(api, left),
        lambda api, left: reopen(api, left),
    ],
    ids=["sent the same", "read", "reopened though open"],
)
def test_what_changes_nothing_touches_nothing(api, touch):
    task = api.make_task(**DAILY)
    left = successor(api, task)
    touch(api, left)
    reopen(api, task)
    assert api.get(f"/tasks/{left['id']}").status_code == 404


def test_a_successor_that_the_user_deleted_is_made_anew_after_an_undo_only(api):
    task = api.make_task(**DAILY)
    left = successor(api, task)
    assert api.delete(f"/tasks/{left['id']}").status_code == 204

    assert complete(api, task)["next_task"] is None
    reopen(api, task)
    again = complete(api, task)["next_task"]
    assert again["due_date"] == "2026-03-02"
    assert again["id"] != left["id"]


def test_a_predecessor_that_the_user_deletes_leaves_the_series_going(api):
    task = api.make_task(**DAILY)
    left = successor(api, task)
    assert api.delete(f"/tasks/{task['id']}").status_code == 204
    assert successor(api, left)["due_date"] == "2026-03-03"


def test_undo_in_the_middle_of_a_series_takes_back_one_step(api):
    first = api.make_task(**DAILY)
    second = successor(api, first)
    third = successor(api, second)
    reopen(api, second)
    assert api.get(f"/tasks/{third['id']}").status_code == 404
    assert successor(api, second)["due_date"] == "2026-03-03"
    assert len(all_tasks(api)) == 3


def test_the_end_of_a_series_is_a_success_without_successor(api):
    task = api.make_task(due_date="2026-03-01", recurrence_rule="FREQ=DAILY;COUNT=1")
    for _ in range(2):
        assert complete(api, task)["next_task"] is None
    assert reopen(api, task)["next_task"] is None
    assert len(all_tasks(api)) == 1


def test_a_task_made_as_completed_leaves_no_successor_until_it_is_completed_anew(api):
    task = api.make_task(**DAILY, completed=True)
    assert "next_task" not in task
    assert complete(api, task)["next_task"] is None
    reopen(api, task)
    assert complete(api, task)["next_task"]["due_date"] == "2026-03-02"


def test_reads_and_lists_do_not_name_the_successor(api):
    task = api.make_task(**DAILY)
    complete(api, task)
    assert "next_task" not in read(api, task)
    assert all("next_task" not in item for item in items_of(api.get("/tasks")))


def test_all_tasks_of_a_series_bear_its_id(api):
    first = api.make_task(**DAILY)
    second = successor(api, first)
    third = successor(
        api, change(api, second, recurrence_rule="FREQ=WEEKLY", timezone="Asia/Tokyo")
    )
    assert first["series_id"] == second["series_id"] == third["series_id"] is not None
    assert api.make_task(**DAILY)["series_id"] != first["series_id"]
    assert api.make_task()["series_id"] is None
