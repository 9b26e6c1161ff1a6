"""A seeded database, made once for each size and each state of the migrations, then copied."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

from psycopg2 import sql

from bench import dataset
from bench.errors import BenchError
from bench.postgres import Postgres
from bench.progress import Progress
from bench.servers import ROOT, SECRET

PREFIX = "task_api_bench"
MIGRATE_WITHIN = 120.0
LINES_AT_ONCE = 500

SESSION = "SET maintenance_work_mem = '512MB'; SET timezone = 'UTC'"
SECONDARY_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = 'tasks'::regclass AND NOT indisprimary ORDER BY 1
"""
FOREIGN_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = 'tasks'::regclass AND contype = 'f' ORDER BY 1
"""
NEW_TAG = "INSERT INTO tags (user_id, id, name, name_key, created_at) VALUES (%s, %s, %s, %s, %s)"
NEW_USER = "INSERT INTO users (id, created_at, revision) VALUES (%s, %s, %s)"
COUNT_TASKS = """
    UPDATE users SET open_tasks = counted.open, completed_tasks = counted.completed
    FROM (
        SELECT user_id, count(*) FILTER (WHERE NOT completed) AS open,
            count(*) FILTER (WHERE completed) AS completed
        FROM tasks GROUP BY user_id
    ) AS counted
    WHERE users.id = counted.user_id
"""
COUNT_BEARERS = """
    UPDATE tags SET usage_count = counted.bearers
    FROM (
        SELECT user_id, name, count(*) AS bearers
        FROM tasks, unnest(tags) AS name GROUP BY user_id, name
    ) AS counted
    WHERE tags.user_id = counted.user_id AND tags.name = counted.name
"""


def seeded_template(postgres: Postgres, users: int, tasks: int) -> str:
    """The name of a database with `tasks` tasks for each of `users` users; made if need be."""
    name = f"{PREFIX}_{users}x{tasks}_{_fingerprint()}"
    if postgres.has(name):
        return name
    _drop_outdated(postgres, users, tasks)
    draft = f"{PREFIX}_draft"
    postgres.drop(draft)
    postgres.create(draft)
    _migrate(postgres.address_of(draft))
    with postgres.connected(draft) as connection, connection.cursor() as cursor:
        cursor.execute(SESSION)
        _fill(cursor, users, tasks)
        cursor.execute("VACUUM (ANALYZE)")
    postgres.rename(draft, name)
    return name


def _fingerprint() -> str:
    """Changes with whatever makes the database what it is."""
    sources = [*sorted((ROOT / "migrations" / "versions").glob("*.py"))]
    sources += [ROOT / "bench" / "dataset.py", ROOT / "bench" / "seed.py"]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]


def _drop_outdated(postgres: Postgres, users: int, tasks: int) -> None:
    like = f"{PREFIX}_{users}x{tasks}_%".replace("_", r"\_")
    for (name,) in postgres.fetch("SELECT datname FROM pg_database WHERE datname LIKE %s", [like]):
        postgres.drop(name)


def _migrate(address: str) -> None:
    """In a process of its own: the app bounds a process's every wait, and seeding waits long."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": address,
            "JWT_SECRET": SECRET,
            "LOG_LEVEL": "WARNING",
        },
        capture_output=True,
        text=True,
        timeout=MIGRATE_WITHIN,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"the migrations failed: {(done.stderr.strip() or 'silently')[-500:]}")


def _fill(cursor: Any, users: int, tasks: int) -> None:
    """Everything in bulk: what is made for single rows is off meanwhile, and made once for all."""
    cursor.execute(SECONDARY_INDEXES)
    indexes = cursor.fetchall()
    cursor.execute(FOREIGN_KEYS)
    foreign_keys = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for name, _ in foreign_keys:
        cursor.execute(sql.SQL("ALTER TABLE tasks DROP CONSTRAINT {}").format(sql.Identifier(name)))
    cursor.execute("ALTER TABLE tasks DISABLE TRIGGER USER")

    _insert_owners(cursor, users, tasks)
    lines = _Lines(dataset.task_lines(users, tasks), Progress("tasks", users * tasks))
    cursor.copy_expert(f"COPY tasks ({', '.join(dataset.COLUMNS)}) FROM STDIN", lines)

    steps = [definition for _, definition in indexes]
    steps += [
        sql.SQL("ALTER TABLE tasks ADD CONSTRAINT {} {}").format(
            sql.Identifier(name), sql.SQL(definition)
        )
        for name, definition in foreign_keys
    ]
    steps += [COUNT_TASKS, COUNT_BEARERS, "ALTER TABLE tasks ENABLE TRIGGER USER"]
    progress = Progress("indexes", len(steps))
    for step in steps:
        cursor.execute(step)
        progress.advance()


def _insert_owners(cursor: Any, users: int, tasks: int) -> None:
    owners = dataset.user_ids(users)
    cursor.executemany(NEW_USER, [(owner, dataset.BEGIN, tasks) for owner in owners])
    cursor.executemany(
        NEW_TAG,
        [
            (owner, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{owner} {tag}")), tag, tag, dataset.BEGIN)
            for owner in owners
            for tag in dataset.TAGS
        ],
    )


class _Lines(io.TextIOBase):
    """Lines as the file that COPY reads, a few hundred at a time."""

    def __init__(self, lines: Iterator[str], progress: Progress) -> None:
        self._lines, self._progress, self._rest = lines, progress, ""

    def read(self, size: int | None = -1) -> str:
        size = len(self._rest) if size is None or size < 0 else size
        while len(self._rest) < size:
            more = list(itertools.islice(self._lines, LINES_AT_ONCE))
            if not more:
                break
            self._rest += "".join(more)
            self._progress.advance(len(more))
        text, self._rest = self._rest[:size], self._rest[size:]
        return text
