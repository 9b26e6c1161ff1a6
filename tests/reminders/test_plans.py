"""What a look for due reminders reads, in buffers of 8 KiB, where all are delivered.

With these 20,000 tasks the look reads 20 to 30 buffers, and the sweep some 400; a scan of the tasks
would read 600, a look-up for each delivered reminder 12,000.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.extensions import db
from app.reminders import queries
from tests.reminders.conftest import NOW

SEED = """
INSERT INTO users (id, created_at) SELECT 'user-' || n, now() FROM generate_series(1, 100) n;

INSERT INTO tasks (user_id, id, title, title_key, search_text, revision, created_at, updated_at,
    reminder_at)
SELECT 'user-' || 1 + n % 100, gen_random_uuid(), 'A task', 'a task', 'a task', 1, now(), now(),
    timestamptz '2031-03-01 08:00Z' + (n - 5000) * interval '1 hour'
        * CASE WHEN n < 5000 THEN 0.036 ELSE 1 END
FROM generate_series(1, 20000) n;

INSERT INTO reminder_deliveries (user_id, task_id, reminder_at, state, attempts, finished_at)
SELECT user_id, id, reminder_at, 'delivered', 1, reminder_at FROM tasks
WHERE reminder_at <= timestamptz '2031-03-01 08:00Z';
"""


@pytest.fixture
def seeded(reminders_app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(SEED))
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("tasks", "reminder_deliveries"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))


def plan_of(act: Any) -> dict[str, Any]:
    """The plan, with what it really read, of the one statement that `act` executes."""
    heard: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        heard.append((statement, parameters))

    with db.engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", listen)
        act(connection)
        event.remove(connection, "before_cursor_execute", listen)
        [(statement, parameters)] = heard
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            [[plan]] = cursor.fetchall()
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def buffers(plan: dict[str, Any]) -> int:
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_a_look_a_sweep_and_a_claim_read_little_where_all_are_delivered(seeded: None) -> None:
    for back, most in ((timedelta(hours=1), 60), (timedelta(days=7), 450)):
        since = NOW - back
        plan = plan_of(lambda c: queries.enlist(c, since=since, due_by=NOW, most=500))  # noqa: B023
        assert buffers(plan) <= most
        assert "ix_tasks_reminder_at" in str(plan)
    plan = plan_of(lambda c: queries.claim(c, due_by=NOW, now=NOW, until=NOW, most=8))
    assert buffers(plan) <= 5
