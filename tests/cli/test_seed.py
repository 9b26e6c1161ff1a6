"""`flask seed`."""

import threading
from random import Random

import pytest
from sqlalchemy import text

from app import waiting
from app.cli import demo, transactions
from app.recurrence import parse_rule
from app.tasks.values import columns_of, values_of
from tests.conftest import Api

TASKS = "SELECT * FROM tasks WHERE user_id = :id ORDER BY revision"
USER = "SELECT * FROM users WHERE id = :id"
MISCOUNTED = """
    SELECT name FROM tags WHERE user_id = :id AND usage_count <> (
        SELECT count(*) FROM tasks WHERE tasks.user_id = :id AND tasks.tags @> ARRAY[tags.name])
"""


@pytest.fixture
def seed(run, user_id):
    """Adds demo tasks to what the user has."""

    def add(count, *options):
        result = run("seed", "--user", user_id, "--tasks", str(count), *options)
        assert result.exit_code == 0, result.output
        return result

    return add


def assert_consistent(rows, user_id):
    """The counters say what the rows say."""
    (user,) = rows(USER, id=user_id)
    tasks = rows(TASKS, id=user_id)
    done = sum(task["completed"] for task in tasks)
    assert (user["open_tasks"], user["completed_tasks"]) == (len(tasks) - done, done)
    assert len({task["revision"] for task in tasks}) == len(tasks)
    assert user["revision"] == tasks[-1]["revision"]
    assert rows(MISCOUNTED, id=user_id) == []


def test_it_makes_as_many_as_asked_with_exact_counters(seed, rows, api, user_id):
    assert seed(1234).stdout == f"User '{user_id}' has 1234 more tasks.\n"
    assert api.get("/tasks?limit=1").json["data"]["pagination"]["total"] == 1234
    assert_consistent(rows, user_id)


def test_it_adds_to_what_is_there_and_keeps_its_spelling(seed, rows, app, user_id):
    api = Api(app.test_client(), user_id, email="ada@example.com")
    task = api.make_task(title="Mine", tags=["WORK", "own"])
    seed(300)
    seed(200)
    assert len(rows(TASKS, id=user_id)) == 501
    assert api.get(f"/tasks/{task['id']}").json["data"] == task
    assert api.tag_named("WORK")["usage_count"] > 1
    assert "work" not in [tag["name"] for tag in api.get("/tags?limit=100").json["data"]["items"]]
    assert rows(USER, id=user_id)[0]["email"] == "ada@example.com"
    assert_consistent(rows, user_id)


def test_the_rows_are_what_the_api_would_store(seed, rows, user_id):
    seed(500, "--random-seed", "1")
    for task in rows(TASKS, id=user_id):
        expected = columns_of(values_of(dict(task)))
        assert {name: task[name] for name in expected} == expected
        assert task["tags"] == sorted(task["tags"], key=str.casefold)


def test_the_tasks_are_of_many_kinds(seed, rows, user_id):
    seed(1000, "--random-seed", "1")
    tasks = rows(TASKS, id=user_id)
    assert {task["priority"] for task in tasks} == {1, 2, 3}
    assert {len(task["tags"]) for task in tasks} == {0, 1, 2, 3}
    assert len(rows("SELECT FROM tags WHERE user_id = :id", id=user_id)) == 20
    assert len({task["timezone"] for task in tasks}) > 3
    assert len({task["title"] for task in tasks}) > 200
    for kind in (
        lambda task: task["completed"],
        lambda task: task["description"] is None,
        lambda task: task["due_at"] is None,
        lambda task: task["due_on"] is not None,
        lambda task: task["due_on"] is None and task["due_at"] is not None,
        lambda task: task["reminder_at"] is not None,
        lambda task: task["recurrence_rule"] is not None,
        lambda task: task["predecessor_id"] is not None,
    ):
        assert 5 < sum(map(kind, tasks)) < 995


def test_ids_go_with_the_times_of_making_over_two_years(seed, rows, user_id):
    seed(400)
    tasks = sorted(rows(TASKS, id=user_id), key=lambda task: task["id"])
    moments = [int(task["created_at"].timestamp() * 1000) for task in tasks]
    assert moments == sorted(moments)
    assert 700 < (tasks[-1]["created_at"] - tasks[0]["created_at"]).days <= 730
    assert {task["id"].version for task in tasks} == {7}


def test_every_series_goes_on_when_its_task_is_completed(seed, rows, api, user_id):
    seed(600, "--random-seed", "3")
    recurring = [
        task
        for task in rows(TASKS, id=user_id)
        if task["recurrence_rule"] and not task["completed"]
    ]
    for task in recurring[:20]:
        answer = api.patch(f"/tasks/{task['id']}/complete", {"completed": True})
        assert answer.status_code == 200
        assert answer.json["data"]["next_task"] is not None
    assert recurring
    assert_consistent(rows, user_id)


def test_the_same_random_seed_draws_the_same_texts(seed, rows, user_id):
    seed(50, "--random-seed", "7")
    seed(50, "--random-seed", "7")
    titles = [(task["title"], task["tags"]) for task in rows(TASKS, id=user_id)]
    assert titles[:50] == titles[50:]


@pytest.mark.parametrize("rule", demo.RULES)
def test_every_rule_of_the_demo_is_readable(rule):
    assert parse_rule(rule).text == rule


@pytest.mark.parametrize("count", ["0", "-1", "many", "1000001"])
def test_a_number_that_makes_no_sense_is_refused(run, user_id, count):
    assert run("seed", "--user", user_id, "--tasks", count).exit_code == 2


def test_a_failure_on_the_way_leaves_nothing(run, rows, user_id, monkeypatch):
    whole = demo.demo_tasks

    def breaking(count, *, random: Random, now):
        yield from whole(count, random=random, now=now)
        raise RuntimeError

    monkeypatch.setattr("app.cli.seed.demo_tasks", breaking)
    assert run("seed", "--user", user_id, "--tasks", "1500").exit_code == 1
    assert rows(USER, id=user_id) == []


def test_one_who_is_being_written_to_is_an_error_after_a_while(run, app, api, user_id, monkeypatch):
    api.make_task()
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", "50ms")
    with app.app_context(), transactions.long_transaction() as session:
        session.execute(text("SELECT FROM users WHERE id = :id FOR UPDATE"), {"id": user_id})
        done = []
        thread = threading.Thread(target=lambda: done.append(run("seed", "--user", user_id)))
        thread.start()
        thread.join()
    assert done[0].exit_code == 1
    assert "Somebody else is changing this user's data" in done[0].stderr


def test_a_long_statement_is_not_cut_by_the_limits_of_requests(app, monkeypatch):
    monkeypatch.setattr(waiting, "CLIENT_TIMEOUT", 0.05)
    waiting.start_request_clock(0.05)
    with app.app_context(), transactions.long_transaction() as session:
        session.execute(text("SELECT pg_sleep(0.2)"))
        assert session.execute(text("SHOW statement_timeout")).scalar() == "0"
