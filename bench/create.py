"""What the parts of a create cost PostgreSQL: CPU per create, with one after another gone.

Run it with `python -m bench.create`. One connection sends the app's own statement to a copy of the
small seeded database, so nobody waits for anybody.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg2
import psycopg2.extras

from app.identity import Identity
from app.pool import SET_SESSION
from app.tasks import edits, queries
from bench import dataset, measure
from bench.postgres import running_server
from bench.run import COPY
from bench.seed import seeded_template

CREATES = 1000
CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = 'tasks'::regclass AND contype = 'c'"
TAGS = {"home": "home", "work": "work"}
STEPS: dict[str, Callable[[Any], None]] = {
    "the whole create, with two tags": lambda cursor: None,
    "without the tags' trigger": lambda cursor: cursor.execute(
        "ALTER TABLE tasks DISABLE TRIGGER USER"
    ),
    "and without CHECK constraints": lambda cursor: _drop_checks(cursor),
    "and without the trigram index": lambda cursor: cursor.execute(
        "DROP INDEX ix_tasks_user_id_search_text"
    ),
}


def main() -> None:
    random.seed(1)
    psycopg2.extras.register_uuid()
    with running_server() as postgres:
        template = seeded_template(postgres, 20, 500)
        with postgres.copy_of(template, COPY) as address:
            connection = psycopg2.connect(address)
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(SET_SESSION)
                _measure_steps(cursor)
            connection.close()


def _measure_steps(cursor: Any) -> None:
    cursor.execute("SELECT id FROM users LIMIT 1")
    owner = Identity(cursor.fetchone()[0], None, None, 0, None)
    info: dict[str, Any] = {"is_direct": True}
    for name, take_away in STEPS.items():
        take_away(cursor)
        print(f"{name:<40} {_cost(cursor, owner, info, TAGS):6.0f} µs", flush=True)
    print(f"{'and a task without tags':<40} {_cost(cursor, owner, info, {}):6.0f} µs")


def _drop_checks(cursor: Any) -> None:
    cursor.execute(CHECKS)
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE tasks DROP CONSTRAINT "{name}"')


def _cost(cursor: Any, owner: Identity, info: dict[str, Any], tags: dict[str, str]) -> float:
    """CPU microseconds of the server's process for one create."""
    backend = [cursor.connection.info.backend_pid]
    cursor.execute(*_create(owner, info, tags))  # plans it, and makes the tags
    creates = [_create(owner, info, tags) for _ in range(CREATES)]
    before = measure.cpu_seconds(backend)
    for create in creates:
        cursor.execute(*create)
    return (measure.cpu_seconds(backend) - before) / CREATES * 1e6


def _create(owner: Identity, info: dict[str, Any], tags: dict[str, str]) -> tuple[str, Any]:
    now = datetime.now(UTC)
    words = dataset.EVERYDAY
    given = {
        "title": " ".join(random.choices(words, k=4)),
        "description": " ".join(random.choices(words, k=12)),
        "priority": 1,
        "due_date": now.replace(microsecond=0),
        "tags": tags,
    }
    values = edits.edited(edits.BLANK, given, stored=None, now=now)
    parameters = queries._insert_parameters(owner, values, now, predecessor_id=None)
    return queries._insert.sent(parameters, info)


if __name__ == "__main__":
    main()
