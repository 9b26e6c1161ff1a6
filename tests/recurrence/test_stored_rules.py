"""Nothing that was stored earlier can break a completion (recurrence.md, R19)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from app.tasks import actions
from tests.api.answers import data_of
from tests.recurrence.steps import all_tasks, change, complete, preview, reopen

COMPLETIONS = {
    "complete": complete,
    "toggle": lambda api, task: data_of(api.post(f"/tasks/{task['id']}/toggle")),
    "PATCH": lambda api, task: change(api, task, completed=True),
    "PATCH with an edit": lambda api, task: change(
        api, task, completed=True, title="Done", due_date="2026-03-03", recurrence_mode="future"
    ),
}
UNREADABLE = {
    "a frequency of another time": {"recurrence_rule": "FREQ=HOURLY"},
    "no rule at all": {"recurrence_rule": "every other day"},
    "a rule of another standard": {"recurrence_rule": "FREQ=DAILY;RSCALE=HEBREW"},
    "a rule that does not go with the mode": {
        "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO",
        "recurrence_mode": "completion",
    },
    "a zone that is no more": {"timezone": "Mars/Phobos"},
}
TIMED = {"due_date": "2026-03-01T09:00:00Z", "recurrence_rule": "FREQ=DAILY"}
ALL_DAY = {"due_date": "2026-03-01", "recurrence_rule": "FREQ=DAILY"}


@pytest.fixture
def store(connection):
    """Writes values past the API into a task's row."""

    def write(task, columns):
        changes = ", ".join(f"{name} = :{name}" for name in columns)
        statement = text(f"UPDATE tasks SET {changes} WHERE id = :id")
        assert connection.execute(statement, {**columns, "id": task["id"]}).rowcount == 1

    return write


@pytest.fixture
def warnings(monkeypatch):
    """What the actions log."""
    lines = []
    log = SimpleNamespace(warning=lambda event, **said: lines.append((event, said)))
    monkeypatch.setattr(actions, "_log", log)
    return lines


@pytest.mark.parametrize("fields", [TIMED, ALL_DAY], ids=["timed", "all day"])
@pytest.mark.parametrize("columns", UNREADABLE.values(), ids=UNREADABLE)
def test_a_task_of_an_unreadable_series_completes_without_a_successor(
    api, store, warnings, fields, columns
):
    task = api.make_task(**fields)
    store(task, columns)
    done = complete(api, task)
    assert done["completed"] is True
    assert done["next_task"] is None
    assert len(all_tasks(api)) == 1
    [(event, said)] = warnings
    assert event == "series_unreadable"
    assert said["series_id"] == task["series_id"]


@pytest.mark.parametrize("way", COMPLETIONS)
@pytest.mark.parametrize(
    "columns",
    [{"recurrence_rule": "FREQ=HOURLY"}, {"timezone": "Mars/Phobos"}],
    ids=["rule", "zone"],
)
def test_every_way_to_complete_it_succeeds(api, store, way, columns):
    task = api.make_task(**ALL_DAY)
    store(task, columns)
    done = COMPLETIONS[way](api, task)
    assert done["completed"] is True
    assert done["next_task"] is None
    assert reopen(api, task)["completed"] is False


@pytest.mark.parametrize("columns", UNREADABLE.values(), ids=UNREADABLE)
def test_its_preview_is_empty(api, store, columns):
    for fields in (TIMED, ALL_DAY):
        task = api.make_task(**fields)
        store(task, columns)
        found = preview(api, task, from_="2026-03-01", to="2026-03-01T23:00:00")
        if "recurrence_mode" in columns:  # such a rule can be read; the preview asks for no mode
            continue
        assert found == {"items": [], "has_more": False}


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "Renamed"},
        {"due_date": "2026-03-05"},
        {"due_date": "2026-03-05T09:00:00Z"},
        {"recurrence_mode": "future"},
        {"timezone": "Asia/Tokyo"},
        {"recurrence_rule": None},
        {"is_recurring": False},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "columns",
    [{"recurrence_rule": "FREQ=HOURLY"}, {"timezone": "Mars/Phobos"}],
    ids=["rule", "zone"],
)
def test_it_can_still_be_edited(api, store, columns, edit):
    task = api.make_task(**ALL_DAY)
    store(task, columns)
    changed = change(api, task, **edit)
    name, value = next(iter(edit.items()))
    assert changed[name] == value
    assert complete(api, changed)["completed"] is True


def test_a_new_rule_brings_the_series_back(api, store):
    task = api.make_task(**ALL_DAY)
    store(task, {"recurrence_rule": "FREQ=HOURLY"})
    changed = change(api, task, recurrence_rule="FREQ=WEEKLY")
    assert complete(api, changed)["next_task"]["due_date"] == "2026-03-08"


def test_what_no_one_has_thought_of_ends_the_series_too(api, warnings, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    task = api.make_task(**ALL_DAY)
    monkeypatch.setattr(actions, "successor", fail)
    assert complete(api, task)["next_task"] is None
    assert [said["error"] for _, said in warnings] == ["ZeroDivisionError"]
