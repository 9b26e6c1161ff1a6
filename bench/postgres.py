"""The PostgreSQL server that a benchmark has to itself, and the databases on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import URL, make_url

from bench.errors import BenchError
from bench.measure import parent_of
from scripts.embedded import EmbeddedError, running_postgres

VARIABLE = "BENCH_DATABASE_URL"
DATA = Path(__file__).resolve().parents[1] / ".data" / "bench"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. `pid` is its first process, whose children serve the connections."""

    url: URL
    pid: int
    version: str

    def address_of(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    @contextlib.contextmanager
    def connected(self, database: str | None = None) -> Iterator[Any]:
        """A connection in autocommit, by default to the database that the address names."""
        with contextlib.closing(
            psycopg2.connect(self.address_of(database or self.url.database or "postgres"))
        ) as connection:
            connection.autocommit = True
            yield connection

    def fetch(
        self,
        statement: str | sql.Composed,
        parameters: Sequence[Any] = (),
        *,
        database: str | None = None,
    ) -> list[tuple[Any, ...]]:
        with self.connected(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def has(self, database: str) -> bool:
        return bool(self.fetch("SELECT 1 FROM pg_database WHERE datname = %s", [database]))

    def create(self, database: str) -> None:
        self.fetch(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def rename(self, database: str, name: str) -> None:
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        self.fetch(statement.format(sql.Identifier(database), sql.Identifier(name)))

    def drop(self, database: str) -> None:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self.fetch(statement.format(sql.Identifier(database)))

    @contextlib.contextmanager
    def copy_of(self, template: str, name: str) -> Iterator[str]:
        """The address of a fresh copy of `template`, which is dropped in the end."""
        self.drop(name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.fetch(statement.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.address_of(name)
        finally:
            self.drop(name)


@contextlib.contextmanager
def running_server() -> Iterator[Postgres]:
    """The server of `BENCH_DATABASE_URL`, or an embedded one that keeps its data between runs."""
    given = os.environ.get(VARIABLE)
    if given:
        yield _server_at(given)
        return
    try:
        with running_postgres(DATA / "postgres") as url:
            yield _server_at(url)
    except EmbeddedError as error:
        raise BenchError(f"{error}; or name another server with {VARIABLE}") from None


def _server_at(address: str) -> Postgres:
    url = make_url(address).set(drivername="postgresql")
    try:
        probe = psycopg2.connect(url.render_as_string(hide_password=False))
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise BenchError(f"the server of {VARIABLE} does not answer: {reason}") from None
    with contextlib.closing(probe):
        version = probe.info.server_version
        return Postgres(
            url, _postmaster(probe.info.backend_pid), f"{version // 10000}.{version % 10000}"
        )


def _postmaster(backend: int) -> int:
    """The parent of every backend, if it runs on this machine."""
    parent = parent_of(backend)
    if parent is None or not Path(f"/proc/{parent}/comm").read_text().startswith("postgres"):
        raise BenchError(f"{VARIABLE} must name a server on this machine: /proc tells its CPU")
    return parent
