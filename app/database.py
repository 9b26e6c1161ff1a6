"""How the app talks to PostgreSQL: one pool, single statements in autocommit, bounded waits.

Requests borrow a connection and send compiled statements on it: in `Autocommit` what takes one
statement, every read and a create; in a `Transaction` what takes several. Commands, which are in no
hurry, use `db.session`. No request can outlive `REQUEST_BUDGET`.
"""

from __future__ import annotations

import math
import select
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, Self

import psycopg2
import psycopg2.extensions
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from app.extensions import db
from app.statements import STALE, Statement, execute_prepared
from config import Settings

POOL_WAIT = 2.0
CONNECT_TIMEOUT = 3.0
LOCK_TIMEOUT = 2.0
STATEMENT_TIMEOUT = 5.0
CLIENT_TIMEOUT = 5.5  # a little longer than the server's own, for the server that never answers
PING_TIMEOUT = 1.0
REQUEST_BUDGET = 9.0  # seconds of database work in one request, all statements together
IDLE_BEFORE_PING = 30.0
POOL_SLICE = 0.25
SILENT_AFTER = 1.0  # longer than our own queries take on a busy machine
PROBE_EVERY = 1.0

_TIMEOUTS = (
    f"statement_timeout = {STATEMENT_TIMEOUT * 1000:.0f}",
    f"lock_timeout = {LOCK_TIMEOUT * 1000:.0f}",
    "timezone = 'UTC'",  # elsewhere the first and last day there are lie outside of Python's years
)
PREPARED_ONCE = "SET plan_cache_mode = force_generic_plan;"  # prepared is only what may be
SET_SESSION = "".join(f"SET {setting};" for setting in _TIMEOUTS) + PREPARED_ONCE
SET_LOCAL_TIMEOUTS = "".join(f"SET LOCAL {setting};" for setting in _TIMEOUTS)

BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"

_clock = threading.local()
_waits: dict[int, float] = {}  # since when each thread that waits for an answer does so


class DeadlineExceeded(psycopg2.OperationalError):
    """The database did not answer in time; the connection is in no state to be used again."""


def start_request_clock(budget: float = REQUEST_BUDGET) -> None:
    """Gives this thread `budget` seconds of waiting on the database, from now on."""
    _clock.end = time.monotonic() + budget


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Shortens every wait of this thread on the database to `seconds`."""
    previous = getattr(_clock, "statement", CLIENT_TIMEOUT)
    _clock.statement = seconds
    try:
        yield
    finally:
        _clock.statement = previous


def wait_with_deadline(connection: Any) -> None:
    """psycopg2's wait callback: polls until the answer is there or the time is up.

    Nothing else ends the wait for a server whose process is stopped, as its kernel still
    acknowledges. It may only raise: closing the connection in here would deadlock.
    """
    started = time.monotonic()
    end = min(
        started + getattr(_clock, "statement", CLIENT_TIMEOUT), getattr(_clock, "end", math.inf)
    )
    thread = threading.get_ident()
    try:
        while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
            _waits[thread] = time.monotonic()
            left = end - _waits[thread]
            if left <= 0:
                _give_up(_waits[thread] - started)
            poller = select.poll()
            wanted = select.POLLIN if state == psycopg2.extensions.POLL_READ else select.POLLOUT
            poller.register(connection.fileno(), wanted)
            poller.poll(min(left, 60) * 1000)
        _breaker.reset()
    finally:
        _waits.pop(thread, None)


def _give_up(waited: float) -> NoReturn:
    if waited >= CONNECT_TIMEOUT:  # less is the caller's own haste
        _breaker.trip()
    raise DeadlineExceeded("the database did not answer in time")


def is_silent(threads: int, seconds: float) -> bool:
    """Do that many threads wait for the database, none of them answered for so long?"""
    since = list(_waits.values())
    return len(since) >= threads and time.monotonic() - max(since) > seconds


class BreakerPool(QueuePool):
    """A pool that refuses at once while the database does not answer.

    Whoever waits behind a request that waits in vain would only wait as long again. One a second
    may try; the first answer ends it.
    """

    def connect(self) -> PoolProxiedConnection:
        end = min(time.monotonic() + POOL_WAIT, getattr(_clock, "end", math.inf))
        capacity = self.size() + self._max_overflow
        while True:
            is_stuck = self.checkedout() >= capacity and is_silent(capacity, SILENT_AFTER)
            if is_stuck or _breaker.refuses():
                raise PoolTimeout("the database does not answer")
            try:
                return super().connect()
            except PoolTimeout:
                if time.monotonic() >= end:
                    raise

    def forget(self, connection: PoolProxiedConnection, error: BaseException) -> None:
        """Closes a connection, and the others before their next use: what cut one cut them all."""
        self._invalidate(connection, error)  # type: ignore[arg-type]


class _Breaker:
    """Open from a wait in vain to the next answer, but for a probe now and then."""

    def __init__(self) -> None:
        self._is_open = False
        self._probe_at = 0.0

    def trip(self) -> None:
        self._is_open, self._probe_at = True, time.monotonic() + PROBE_EVERY

    def reset(self) -> None:
        self._is_open = False

    def refuses(self) -> bool:
        now = time.monotonic()
        if not self._is_open:
            return False
        if now < self._probe_at:
            return True
        self._probe_at = now + PROBE_EVERY
        return False


_breaker = _Breaker()


def engine_options(settings: Settings) -> dict[str, Any]:
    """The keyword arguments that `create_engine` is called with."""
    return {
        "poolclass": BreakerPool,
        "pool_size": settings.db_pool_size,
        "max_overflow": settings.db_max_overflow,
        "pool_timeout": POOL_SLICE,
        "pool_use_lifo": True,
        "connect_args": {"application_name": "task-api"},
    }


def prepare_engine(engine: Engine, settings: Settings) -> None:
    """Bounds every wait on `engine` and keeps stale connections from reaching a request."""
    psycopg2.extensions.set_wait_callback(wait_with_deadline)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine.pool, "checkin", _remember_time)
    event.listen(engine.pool, "checkout", _ping_if_idle)
    event.listen(engine, "handle_error", _drop_unusable_connection)
    event.listen(engine, "begin", _limit_pooled_transaction)
    event.listen(engine, "before_cursor_execute", execute_prepared, retval=True)


def _connect(_dialect: Any, record: Any, args: Any, kwargs: Any) -> Any:
    with at_most(CONNECT_TIMEOUT):
        connection = psycopg2.connect(*args, **kwargs)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            is_direct = cursor.fetchone()[0] == connection.info.backend_pid
            if is_direct:
                cursor.execute(SET_SESSION)
        connection.autocommit = False
    record.info["is_direct"] = is_direct
    return connection


def _limit_pooled_transaction(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    if driver is not None and not driver.autocommit and (limits := _limits(connection.connection)):
        with driver.cursor() as cursor:
            cursor.execute(limits)


def _remember_time(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_if_idle(connection: Any, record: Any, _fairy: Any) -> None:
    """Neon suspends idle databases and cuts their connections: look before using an idle one."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < IDLE_BEFORE_PING:
        return
    try:
        connection.autocommit = True  # or it would leave a transaction open
        with at_most(PING_TIMEOUT), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.autocommit = False
    except psycopg2.Error as error:
        raise DisconnectionError from error


def _drop_unusable_connection(context: ExceptionContext) -> None:
    """After a deadline a connection is in no state to go on; after a migration its plans are."""
    if _leaves_unusable(context.original_exception):
        context.is_disconnect = True


def _leaves_unusable(error: BaseException) -> bool:
    return isinstance(error, DeadlineExceeded) or getattr(error, "pgcode", None) in STALE


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
    ) -> dict[str, Any] | None:
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
        is_unusable = bool(self._connection.driver_connection.closed) or _leaves_unusable(error)
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
        self._opening = _limits(self._connection)
        return self


class Transaction(_Borrowed):
    """All statements are one transaction: committed at the end, or rolled back by an exception."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._opening = f"{BEGIN};{_limits(self._connection)}"
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


def _limits(connection: PoolProxiedConnection) -> str:
    """Behind a transaction pooler a session's SET would leak into other clients: SET LOCAL then."""
    return "" if connection.info["is_direct"] else SET_LOCAL_TIMEOUTS


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
