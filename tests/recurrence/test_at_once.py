"""Many completions of one recurring task at once, against real workers (contract, section 6)."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from tests.conftest import token_for

AT_ONCE = 50
RECURRING = {"title": "Daily", "due_date": "2026-03-01", "recurrence_rule": "FREQ=DAILY"}
COMPLETE = ("PATCH", "/complete", {"completed": True})
REOPEN = ("PATCH", "/complete", {"completed": False})
TOGGLE = ("POST", "/toggle", None)
PATCH = ("PATCH", "", {"completed": True})


class Caller:
    """A user of the live server."""

    def __init__(self, url, database):
        self.base, self.database = f"{url}/api/me/tasks", database
        self.user_id = f"user-{uuid.uuid4()}"
        self.token = token_for(self.user_id)

    def call(self, method, path="", body=None):
        """Status and `data`, or `error`."""
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)["error"]

    def call_at_once(self, task, calls):
        """The answers to all calls on the task, which set out together."""
        barrier = threading.Barrier(len(calls))

        def one(call):
            method, path, body = call
            barrier.wait()
            return self.call(method, f"/{task['id']}{path}", body)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    def rows(self, statement):
        with psycopg2.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(statement, {"user_id": self.user_id})
            found = cursor.fetchall()
        connection.close()
        return found


@pytest.fixture
def caller(live_server, environment):
    return Caller(live_server.url, environment["DATABASE_URL"])


def assert_consistent(caller, task, *, is_completed, answers):
    """One state of the task and at most one successor, and counters that agree with the rows."""
    assert [answer for status, answer in answers if status != 200] == []
    status = "SELECT completed, version FROM tasks WHERE user_id = %(user_id)s"
    [(completed, version)] = caller.rows(f"{status} AND id = '{task['id']}'")
    assert completed is is_completed
    assert version == max(answer["version"] for _, answer in answers)
    successors = caller.rows(
        "SELECT id, completed, version FROM tasks"
        f" WHERE user_id = %(user_id)s AND predecessor_id = '{task['id']}'"
    )
    assert [row[1:] for row in successors] == ([(False, 1)] if is_completed else [])
    [(total,)] = caller.rows("SELECT count(*) FROM tasks WHERE user_id = %(user_id)s")
    assert total == 1 + len(successors)
    assert caller.rows(
        "SELECT open_tasks, completed_tasks FROM users WHERE id = %(user_id)s"
    ) == caller.rows(
        "SELECT count(*) FILTER (WHERE NOT completed)::int,"
        " count(*) FILTER (WHERE completed)::int FROM tasks WHERE user_id = %(user_id)s"
    )
    [(bearers, usage)] = caller.rows(
        "SELECT (SELECT count(*)::int FROM tasks t WHERE t.user_id = g.user_id"
        " AND g.name = ANY (t.tags)), usage_count FROM tags g WHERE user_id = %(user_id)s"
    )
    assert bearers == usage == total


def test_fifty_completions_at_once_make_one_successor(caller):
    _, task = caller.call("POST", body={**RECURRING, "tags": ["home"]})
    answers = caller.call_at_once(task, [COMPLETE] * (AT_ONCE // 2) + [PATCH] * (AT_ONCE // 2))
    assert_consistent(caller, task, is_completed=True, answers=answers)
    assert len({answer["next_task"]["id"] for _, answer in answers}) == 1
    assert {answer["version"] for _, answer in answers} == {2}


@pytest.mark.parametrize("toggles", [AT_ONCE, AT_ONCE - 1])
def test_toggles_at_once_take_turns(caller, toggles):
    _, task = caller.call("POST", body={**RECURRING, "tags": ["home"]})
    answers = caller.call_at_once(task, [TOGGLE] * toggles)
    assert_consistent(caller, task, is_completed=toggles % 2 == 1, answers=answers)
    assert sorted(answer["version"] for _, answer in answers) == [*range(2, toggles + 2)]
    for _, answer in answers:
        assert answer["completed"] is (answer["version"] % 2 == 0)
        assert (answer["next_task"] is not None) is answer["completed"]


def test_completions_and_undos_at_once_end_in_one_of_two_states(caller):
    _, task = caller.call("POST", body={**RECURRING, "tags": ["home"]})
    answers = caller.call_at_once(task, [COMPLETE, REOPEN] * (AT_ONCE // 2))
    _, now = caller.call("GET", f"/{task['id']}")
    assert_consistent(caller, task, is_completed=now["completed"], answers=answers)


def test_the_database_itself_refuses_a_second_successor(caller):
    _, task = caller.call("POST", body=RECURRING)
    _, done = caller.call("PATCH", f"/{task['id']}/complete", {"completed": True})
    _, another = caller.call("POST", body=RECURRING)
    adopt = (
        f"UPDATE tasks SET predecessor_id = '{task['id']}'"
        f" WHERE user_id = %(user_id)s AND id = '{another['id']}' RETURNING id"
    )
    assert done["next_task"] is not None
    with pytest.raises(psycopg2.errors.UniqueViolation):
        caller.rows(adopt)
