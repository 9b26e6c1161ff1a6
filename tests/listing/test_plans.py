"""What a page reads, in buffers of 8 KiB: no machine's noise can change it.

The database holds two users of 20,000 tasks, one of them with hardly any open, among 200 of 50.
Each bound is about twice what was measured (docs/performance.md), and far below what a scan of the
user's tasks would read (some 1,300).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.database import Autocommit
from app.extensions import db
from app.statements import Statement, texts_of
from app.waiting import at_most
from tests.conftest import Api

BUSY, TIDY = "plans-busy", "plans-tidy"
SEED = """
INSERT INTO users (id, created_at, revision, open_tasks, completed_tasks)
SELECT u, now(), n, n - done, done FROM (VALUES
    ('plans-busy', 20000, 8000), ('plans-tidy', 20000, 19980)) AS big (u, n, done)
UNION ALL SELECT 'plans-small-' || i, now(), 50, 30, 20 FROM generate_series(1, 200) i;

INSERT INTO tags (user_id, id, name, name_key, usage_count, created_at)
SELECT users.id, gen_random_uuid(), t.tag, t.tag,
    (SELECT count(*) FROM generate_series(1, revision) n
        WHERE CASE t.tag WHEN 'common' THEN n % 5 = 0 ELSE n % 4000 = 7 END), now()
FROM users, (VALUES ('common'), ('rare')) AS t (tag) WHERE users.id LIKE 'plans-%';

INSERT INTO tasks (user_id, id, title, title_key, description, search_text, completed,
    completed_at, priority, tags, due_at, revision, created_at, updated_at)
SELECT u.id, gen_random_uuid(), w.title, w.title, w.description, w.title || E'\\n' || w.description,
    n <= u.completed_tasks, CASE WHEN n <= u.completed_tasks THEN moment + interval '1 day' END,
    1 + n % 3,
    array_remove(ARRAY[CASE WHEN n % 5 = 0 THEN 'common' END,
        CASE WHEN n % 4000 = 7 THEN 'rare' END], NULL),
    CASE WHEN n % 10 < 7 THEN moment + interval '30 days' END, n, moment, moment
FROM users u, generate_series(1, u.revision) n,
    LATERAL (SELECT timestamptz '2031-01-01Z' + ('x' || substr(md5(n::text), 1, 5))::bit(20)::int
        * interval '1 minute' AS moment) m,
    LATERAL (SELECT substr(md5(n::text), 1, 12) AS title,
        translate(md5(n || 'x'), '0123456789', 'ghijklmnop') || CASE n % 400 WHEN 0 THEN ' zebra'
        ELSE '' END AS description) w
WHERE u.id LIKE 'plans-%';
"""


@pytest.fixture(scope="module")
def seeded(app: Flask) -> Iterator[Flask]:
    with app.app_context(), db.engine.connect() as connection, at_most(120):
        connection.connection.driver_connection.autocommit = True
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(SEED))
        for table in ("users", "tags", "tasks"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))
        yield app
        connection.execute(text("DELETE FROM users WHERE id LIKE 'plans-%'"))
        connection.invalidate()  # its settings are not the others'


@pytest.fixture
def buffers_of(seeded: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], int]:
    """Asks for a path, then explains each statement that the answer took: all buffers together.

    What is planned once counts by the worse of two plans: made for its parameters, and for any.
    """
    rows = Autocommit.rows

    def measure(user_id: str, path: str) -> int:
        asked: list[tuple[Statement, Any]] = []

        def recording(self: Autocommit, statement: Statement, parameters: Any) -> Any:
            asked.append((statement, parameters))
            return rows(self, statement, parameters)

        monkeypatch.setattr(Autocommit, "rows", recording)
        answer = Api(seeded.test_client(), user_id).get(path)
        monkeypatch.undo()
        assert answer.status_code == 200, answer.get_data(as_text=True)
        with db.engine.connect() as connection:
            return sum(_buffers(connection, *sent) for sent in asked)

    return measure


def _buffers(connection: Any, statement: Statement, parameters: Any) -> int:
    given = {**statement.constants, **parameters}
    buffers = _explained(connection, statement.text, given)
    if not statement.is_planned_once:
        return buffers
    prepared = texts_of(statement.text)
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    name = f"plans_{prepared.name}"  # the app may have prepared it here under its own
    connection.exec_driver_sql(prepared.prepare.replace(prepared.name, name), {})
    generic = _explained(connection, prepared.execute.replace(prepared.name, name), given)
    connection.rollback()
    connection.exec_driver_sql(f"DEALLOCATE {name}")
    return max(buffers, generic)


def _explained(connection: Any, statement: str, parameters: Any) -> int:
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(explain, parameters).scalar()
    top = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


SORTS = [
    f"sort_by={column}&sort_order={direction}"
    for column in ("created_at", "updated_at", "completed_at", "due_date", "priority", "title")
    for direction in ("asc", "desc")
]


@pytest.mark.parametrize("sort", SORTS)
def test_a_first_page_in_any_order_stops_when_it_is_full(buffers_of, sort):
    assert buffers_of(BUSY, f"/tasks?{sort}") <= 230


@pytest.mark.parametrize("sort", SORTS)
def test_a_cursor_page_costs_what_a_first_page_costs(seeded, buffers_of, sort):
    pages = Api(seeded.test_client(), BUSY).get(f"/tasks?limit=100&offset=9000&{sort}")
    cursor = pages.json["data"]["pagination"]["next_cursor"]
    assert buffers_of(BUSY, f"/tasks?{sort}&cursor={cursor}") <= 230


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("status=pending", 120),
        ("status=completed", 300),
        ("priority=High", 400),
        ("has_due_date=true", 560),
        ("tags=common", 500),
        ("tags=rare", 60),
        ("tags=common,rare&tags_match=all", 50),
        ("search=zebra", 250),
        ("search=zebra&status=pending&sort_by=title", 210),
        ("due_date_from=2031-03-01&due_date_to=2031-03-07", 420),
        ("is_recurring=true", 20),
        ("offset=10000", 600),
        ("offset=18000", 480),
        ("offset=18000&sort_by=title", 480),
    ],
)
def test_a_filter_reads_its_matches_or_its_page_but_not_the_users_tasks(buffers_of, query, most):
    assert buffers_of(BUSY, f"/tasks?{query}") <= most


@pytest.mark.parametrize("query", ["search=e", "search=qx", "is_recurring=false"])
def test_an_exception_reads_the_users_tasks_once(buffers_of, query):
    assert buffers_of(BUSY, f"/tasks?{query}") <= 2500


@pytest.mark.parametrize("query", ["status=pending", "status=pending&sort_by=due_date"])
def test_few_open_tasks_among_many_done_ones_are_found_at_once(buffers_of, query):
    assert buffers_of(TIDY, f"/tasks?{query}") <= 50


@pytest.mark.parametrize("query", ["", "?search=zebra", "?tags=common", "?status=pending"])
def test_a_small_user_pays_nothing_for_the_big_ones(buffers_of, query):
    assert buffers_of("plans-small-7", f"/tasks{query}") <= 100


def test_the_list_of_tags_reads_the_tags_alone(buffers_of):
    assert buffers_of(BUSY, "/tags") <= 20
