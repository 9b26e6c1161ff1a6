"""How the app talks to PostgreSQL: borrowed connections, and what their failures mean.

Requests borrow a connection and send compiled statements on it: in `Autocommit` what takes one
statement, every read and a create; in a `Transaction` what takes several. Commands, which are in no
hurry, use `db.session`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Self

import psycopg2
import psycopg2.extensions
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection

from app.extensions import db
from app.pool import leaves_unusable, transaction_limits
from app.statements import STALE, Statement
from app.waiting import DeadlineExceeded

Row = Mapping[str, Any]
"""A row by its columns' names."""

BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"


class _Borrowed:
    """A pooled connection, on which statements go to psycopg2 as they stand.

    What fails raises SQLAlchemy's DBAPIError, as it would in a session.
    """

    _connection: Any
    _opening = ""
    """What is sent before the next statement, in its round trip."""

    def __enter__(self) -> Self:
        self._connection = _borrow()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        _give_back(self._connection)

    def rows(
        self, statement: Statement, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement's answer."""
        text, given = statement.sent(parameters or {}, self._connection.info)
        with self._sending(f"{self._opening}{text}", given) as cursor:
            return cursor.fetchall()

    def row(
        self, statement: Statement, parameters: Mapping[str, Any] | None = None
    ) -> tuple[Any, ...] | None:
        """The only row of a statement's answer, or None where it has none."""
        rows = self.rows(statement, parameters)
        return rows[0] if rows else None

    def mapping(
        self, statement: Statement, parameters: Mapping[str, Any] | None = None
    ) -> Row | None:
        """The only row of a statement's answer by its columns' names, or None."""
        row = self.row(statement, parameters)
        return None if row is None else dict(zip(statement.columns, row, strict=True))

    @contextmanager
    def _sending(self, text: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
        try:
            with self._connection.driver_connection.cursor() as cursor:
                cursor.execute(text, parameters)
                yield cursor
        except psycopg2.Error as error:
            raise self._wrapped(error, text) from error

    def _wrapped(self, error: psycopg2.Error, text: str) -> Exception:
        is_unusable = bool(self._connection.driver_connection.closed) or leaves_unusable(error)
        if is_unusable:
            pool: Any = db.engine.pool
            pool.forget(self._connection, error)
        return DBAPIError.instance(
            text, None, error, psycopg2.Error, connection_invalidated=is_unusable
        )


class Autocommit(_Borrowed):
    """Each statement is a transaction of its own, and a round trip."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._opening = transaction_limits(self._connection)
        return self


class Transaction(_Borrowed):
    """All statements are one transaction: committed at the end, or rolled back by an exception."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._opening = f"{BEGIN};{transaction_limits(self._connection)}"
        return self

    def rows(
        self, statement: Statement, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        rows = super().rows(statement, parameters)
        self._opening = ""
        return rows

    def execute(self, statement: Statement, parameters: Mapping[str, Any]) -> None:
        """Runs a statement that answers no rows."""
        text, given = statement.sent(parameters, self._connection.info)
        with self._sending(f"{self._opening}{text}", given):
            self._opening = ""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._end(COMMIT)
            else:
                with suppress(DBAPIError):
                    self._end(ROLLBACK)
        finally:
            _give_back(self._connection)

    def _end(self, text: str) -> None:
        if self._connection.is_valid:
            with self._sending(text, {}):
                pass


def _borrow() -> PoolProxiedConnection:
    connection = db.engine.raw_connection()
    driver: Any = connection.driver_connection
    driver.autocommit = True  # psycopg2's own way to begin costs a round trip
    return connection


def _give_back(connection: PoolProxiedConnection) -> None:
    driver: Any = connection.driver_connection
    if driver is not None and not driver.closed:
        if driver.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
            connection.invalidate()  # whatever ended its work could not end its transaction
        else:
            driver.autocommit = False
    connection.close()


UNAVAILABLE = frozenset({"25006", "55P03", "57014", "57P01", "57P02", "57P03"})
UNAVAILABLE_CLASSES = ("53", "08")
TRANSIENT = frozenset({"40001", "40P01"}) | STALE


def is_unavailable(error: Exception) -> bool:
    """Is it the database that cannot answer now, rather than the statement that is wrong?"""
    if isinstance(error, PoolTimeout | DisconnectionError):
        return True
    original = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(original, psycopg2.Error):
        return False
    code = original.pgcode
    if code is None:
        return isinstance(original, psycopg2.OperationalError | psycopg2.InterfaceError)
    return code in UNAVAILABLE | TRANSIENT or code.startswith(UNAVAILABLE_CLASSES)


def is_worth_repeating(error: DBAPIError, *, is_read: bool) -> bool:
    """May the request's work run once more? A cut connection for reads, lost races for all."""
    if isinstance(error.orig, DeadlineExceeded):
        return False
    if getattr(error.orig, "pgcode", None) in TRANSIENT:
        return True
    return is_read and error.connection_invalidated
