"""How the app bears a database that is slow, full, locked, cut off, frozen or gone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.exc import DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import create_app, pool, waiting
from app.database import (
    Autocommit,
    Transaction,
    is_unavailable,
    is_worth_repeating,
)
from app.extensions import db
from app.statements import Statement
from app.tasks import queries
from app.waiting import DeadlineExceeded
from config import load_settings
from tests.api.answers import MISSING_ID, data_of, error_of
from tests.conftest import Api, token_for
from tests.server import LiveServer

SHORT_TIMEOUTS = "SET statement_timeout = 300; SET lock_timeout = 300;"


@pytest.fixture(scope="module")
def address(make_database: Callable[[], str]) -> str:
    return make_database()


@pytest.fixture(scope="module")
def own_app(environment: dict[str, str], address: str) -> Iterator[Flask]:
    """An app with one connection, on a database of its own."""
    sizes = {"DB_POOL_SIZE": "1", "DB_MAX_OVERFLOW": "0", "THREADS": "2"}
    app = create_app(load_settings({**environment, **sizes, "DATABASE_URL": address}))
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def api(own_app: Flask) -> Iterator[Api]:
    api = Api(own_app.test_client(), "ada")
    api.make_task(title="There already")
    yield api
    with own_app.app_context():
        db.engine.dispose()


@pytest.fixture
def administer(address: str) -> Iterator[Callable[..., Any]]:
    """Runs a statement on a connection of its own, outside of the app."""
    waiting.start_request_clock(60)
    connection = psycopg2.connect(address)
    connection.autocommit = True

    def run(statement: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None

    yield run
    connection.close()


@pytest.fixture
def impatient(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections whose statements and locks may take 0.3 seconds."""
    with own_app.app_context():
        db.engine.dispose()
    monkeypatch.setattr(pool, "SET_SESSION", SHORT_TIMEOUTS)


BACKENDS = (
    "FROM pg_stat_activity WHERE application_name = 'task-api' AND datname = current_database()"
)


def cut_all(administer: Callable[..., Any]) -> None:
    assert administer(f"SELECT pg_terminate_backend(pid) {BACKENDS}")
    while administer(f"SELECT 1 {BACKENDS}"):
        time.sleep(0.01)


def elapsed(act: Callable[[], Any]) -> tuple[Any, float]:
    start = time.monotonic()
    return act(), time.monotonic() - start


def setting(name: str) -> Statement:
    return Statement(select(func.current_setting(name)))


def is_refused(answer: Any) -> None:
    error_of(answer, 503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0


# Cut off


@pytest.mark.parametrize("path", ["/tasks", "/tags", "/tasks?q=there&tags=x"])
def test_a_read_whose_connection_was_cut_is_repeated_and_succeeds(api, administer, path):
    api.get(path)
    cut_all(administer)
    data_of(api.get(path))


def test_readiness_survives_a_cut_too(api, administer):
    api.get("/tasks")
    cut_all(administer)
    assert api.client.get("/health").status_code == 200


def test_a_write_whose_connection_was_cut_is_refused_and_not_repeated(api, administer):
    before = data_of(api.get("/tasks"))["pagination"]["total"]
    cut_all(administer)
    is_refused(api.post("/tasks", {"title": "Lost"}))
    assert api.post("/tasks", {"title": "Made"}).status_code == 201
    assert data_of(api.get("/tasks"))["pagination"]["total"] == before + 1


def test_a_connection_that_was_idle_for_long_is_looked_at_first(api, administer, monkeypatch):
    api.get("/tasks")
    cut_all(administer)
    monkeypatch.setattr(pool, "IDLE_BEFORE_PING", 0.0)
    assert api.post("/tasks", {"title": "Made at once"}).status_code == 201


# Behind a transaction pooler


@pytest.fixture
def pooled(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """New connections that are taken for those of a pooler."""
    monkeypatch.setattr(pool, "_is_direct", lambda _: False)
    with own_app.app_context():
        db.engine.dispose()
        yield
        db.engine.dispose()


@pytest.mark.parametrize("way", [Autocommit, Transaction])
def test_behind_a_pooler_limits_come_and_go_with_each_transaction(api, pooled, way):
    with way() as connection:
        assert connection.row(setting("statement_timeout")) == ("5s",)
        assert connection.row(setting("lock_timeout")) == ("2s",)
    with contextlib.closing(db.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_behind_a_pooler_nothing_is_prepared(api, pooled):
    task = api.make_task(title="Plain", tags=["a"])
    data_of(api.get("/tasks?sort_by=due_date"))
    assert data_of(api.patch(f"/tasks/{task['id']}", {"title": "New"}))["title"] == "New"
    assert data_of(api.post(f"/tasks/{task['id']}/toggle"))["completed"]
    assert api.delete(f"/tasks/{task['id']}").status_code == 204
    prepared = Statement(select(func.count()).select_from(func.pg_prepared_statement()))
    with Autocommit() as connection:
        assert connection.row(prepared) == (0,)


# Slow, locked, full


def test_connections_have_the_contracts_timeouts(api, own_app):
    with own_app.app_context(), Autocommit() as connection:
        assert connection.row(setting("statement_timeout")) == ("5s",)
        assert connection.row(setting("lock_timeout")) == ("2s",)


def test_a_statement_over_time_is_refused(api, impatient, monkeypatch):
    def sleep(connection, *_):
        return connection.rows(Statement(select(func.pg_sleep(20))))

    monkeypatch.setattr(queries, "get_task_json", sleep)
    answer, seconds = elapsed(lambda: api.get(f"/tasks/{MISSING_ID}"))
    is_refused(answer)
    assert seconds < 3


def test_a_lock_that_somebody_holds_too_long_is_refused(api, impatient, administer):
    task_id = data_of(api.get("/tasks"))["items"][0]["id"]
    administer("BEGIN; SELECT 1 FROM users FOR UPDATE")
    try:
        answer, seconds = elapsed(lambda: api.patch(f"/tasks/{task_id}", {"title": "x"}))
        is_refused(answer)
        is_refused(api.post("/tasks", {"title": "x"}))
        assert seconds < 3
        assert api.get("/tasks").status_code == 200
    finally:
        administer("ROLLBACK")
    assert api.patch(f"/tasks/{task_id}", {"title": "x"}).status_code == 200


def test_an_exhausted_pool_is_refused_within_the_pool_wait(api, own_app, monkeypatch):
    assert pool.POOL_WAIT == 2.0
    monkeypatch.setattr(pool, "POOL_WAIT", 0.3)
    with own_app.app_context(), db.engine.connect():
        for ask in (lambda: api.get("/tasks"), lambda: api.post("/tasks", {"title": "x"})):
            answer, seconds = elapsed(ask)
            is_refused(answer)
            assert 0.3 <= seconds < 1.3
        assert api.client.get("/health/live").status_code == 200
        monkeypatch.undo()
        readiness, seconds = elapsed(lambda: api.client.get("/health"))
        is_refused(readiness)
        assert seconds < 1.3
    assert api.get("/tasks").status_code == 200


def test_a_read_only_database_still_answers_reads(api, own_app, administer):
    name = administer("SELECT current_database()")[0][0]
    administer(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        with own_app.app_context():
            db.engine.dispose()
        assert api.get("/tasks").status_code == 200
        is_refused(api.post("/tasks", {"title": "x"}))
    finally:
        administer("SET default_transaction_read_only = off")
        administer(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_servers_own_time_zone_does_not_matter(api, own_app, administer, zone):
    name = administer("SELECT current_database()")[0][0]
    administer(f"ALTER DATABASE \"{name}\" SET timezone = '{zone}'")
    try:
        with own_app.app_context():
            db.engine.dispose()
        ids = [
            api.make_task(due_date=due)["id"]
            for due in ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
        ]
        for task_id in ids:
            assert api.patch(f"/tasks/{task_id}", {"title": "Edge"}).status_code == 200
        for order in ("asc", "desc"):
            page = data_of(api.get(f"/tasks?sort_by=due_date&sort_order={order}&limit=1&q=edge"))
            cursor = page["pagination"]["next_cursor"]
            path = f"/tasks?sort_by=due_date&sort_order={order}&limit=1&q=edge&cursor={cursor}"
            assert data_of(api.get(path))["items"]
        for task_id in ids:
            api.delete(f"/tasks/{task_id}")
    finally:
        administer(f'ALTER DATABASE "{name}" RESET timezone')


# Frozen


def test_a_frozen_backend_is_given_up_and_its_connection_thrown_away(api, administer):
    api.get("/tasks")
    pids = [row[0] for row in administer(f"SELECT pid {BACKENDS}")]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    except (ProcessLookupError, PermissionError):
        pytest.skip("the database server is not on this machine, or not ours")
    try:
        with waiting.at_most(0.4):
            answer, seconds = elapsed(lambda: api.get("/tasks"))
        is_refused(answer)
        assert seconds < 3
        for _ in pids[1:]:
            with waiting.at_most(0.4):
                api.get("/tasks")
        assert api.get("/tasks").status_code == 200
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def black_hole() -> Iterator[int]:
    """The port of a database that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        accepted: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    accepted.append(server.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(2)
        for connection in accepted:
            connection.close()


@pytest.fixture(scope="module")
def stranded_server(environment: dict[str, str], black_hole: int) -> Iterator[LiveServer]:
    url = f"postgresql://user:password@127.0.0.1:{black_hole}/tasks"
    with LiveServer(
        {**environment, "DATABASE_URL": url}, WEB_CONCURRENCY="1", THREADS="8"
    ) as server:
        yield server


def status_of(url: str, **headers: str) -> tuple[int, float]:
    start = time.monotonic()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=30
        ) as answer:
            return answer.status, time.monotonic() - start
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, time.monotonic() - start


def test_a_database_that_never_answers_costs_503_in_time_while_the_process_stays_alive(
    stranded_server,
):
    url, token = stranded_server.url, token_for("ada")
    answers: list[tuple[int, float]] = []

    def ask() -> None:
        answers.append(status_of(f"{url}/tasks", Authorization=f"Bearer {token}"))

    crowd = [threading.Thread(target=ask) for _ in range(30)]
    for thread in crowd:
        thread.start()
    alive: list[tuple[int, float]] = []
    while any(thread.is_alive() for thread in crowd):
        alive.append(status_of(f"{url}/health/live"))
        time.sleep(0.05)
    for thread in crowd:
        thread.join()

    assert {status for status, _ in answers} == {503}
    assert len(answers) == 30
    assert max(seconds for _, seconds in answers) < 10
    assert {status for status, _ in alive} == {200}
    late = sorted(seconds for _, seconds in alive)
    assert late[len(late) // 2] < 0.1, late


def test_readiness_says_so_within_about_a_second(stranded_server):
    status, seconds = status_of(f"{stranded_server.url}/health")
    assert status == 503
    assert seconds < 1.5


# What an error means


def wrapped(error: Exception) -> OperationalError:
    return OperationalError("SELECT", {}, error)


@pytest.mark.parametrize(
    "error",
    [
        PoolTimeout("full"),
        DisconnectionError("gone"),
        wrapped(DeadlineExceeded("late")),
        wrapped(psycopg2.OperationalError("server closed the connection unexpectedly")),
        wrapped(psycopg2.InterfaceError("connection already closed")),
        *(
            wrapped(psycopg2.errors.lookup(code)())
            for code in ("25006", "53300", "53100", "55P03", "57014", "57P01", "57P02", "57P03",
                         "08006", "08001", "40001", "40P01")
        ),
    ],
)  # fmt: skip
def test_a_database_that_cannot_answer_now_is_unavailable(error, monkeypatch):
    original = getattr(error, "orig", None)
    if original is not None and type(original).__module__ == "psycopg2.errors":
        code = next(c for c in SQLSTATES if isinstance(original, psycopg2.errors.lookup(c)))
        error = wrapped(with_code(code))
    assert is_unavailable(error)


SQLSTATES = ("25006", "53300", "53100", "55P03", "57014", "57P01", "57P02", "57P03", "08006",
             "08001", "40001", "40P01")  # fmt: skip


def with_code(code: str) -> psycopg2.Error:
    """An error as the driver raises it, whose code cannot be set from outside."""

    class Coded(psycopg2.OperationalError):
        pgcode = code

    return Coded()


@pytest.mark.parametrize("code", ["23505", "23503", "42601", "22021", "22003"])
def test_a_wrong_statement_is_no_unavailable_database(code):
    assert not is_unavailable(IntegrityError("INSERT", {}, with_code(code)))


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_lost_race_is_worth_repeating_for_writes_too(code):
    assert is_worth_repeating(wrapped(with_code(code)), is_read=False)


def test_what_took_all_the_time_is_not_repeated():
    error = wrapped(DeadlineExceeded("late"))
    error.connection_invalidated = True
    assert not is_worth_repeating(error, is_read=True)


def test_a_lost_race_is_run_once_more(api, monkeypatch):
    tries = []
    real = queries.get_task_json

    def lose_once(*arguments):
        tries.append(1)
        if len(tries) == 1:
            raise wrapped(with_code("40001"))
        return real(*arguments)

    monkeypatch.setattr(queries, "get_task_json", lose_once)
    error_of(api.get(f"/tasks/{MISSING_ID}"), 404, "NOT_FOUND")
    assert len(tries) == 2


def test_the_budget_of_a_request_bounds_all_its_statements_together(api, own_app):
    with own_app.app_context(), Autocommit() as connection:
        waiting.start_request_clock(0.3)
        try:
            with pytest.raises(OperationalError) as caught:
                connection.rows(Statement(select(func.pg_sleep(3))))
            assert isinstance(caught.value.orig, DeadlineExceeded)
        finally:
            waiting.start_request_clock(60)
    with own_app.app_context(), Autocommit() as connection:
        assert connection.row(Statement(select(1))) == (1,)


def test_a_connection_that_was_idle_for_long_is_looked_at_and_serves(api, own_app, monkeypatch):
    api.make_task()
    monkeypatch.setattr(pool, "IDLE_BEFORE_PING", 0.0)
    assert api.get("/tasks").status_code == 200
    task = api.make_task()
    assert api.post(f"/tasks/{task['id']}/toggle").status_code == 200
