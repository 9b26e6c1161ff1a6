"""The pool of connections: how they are made and looked after, and when they are refused."""

from __future__ import annotations

import time
from typing import Any

import psycopg2
import psycopg2.extensions
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from app.statements import STALE
from app.waiting import (
    CONNECT_TIMEOUT,
    DeadlineExceeded,
    at_most,
    breaker,
    is_silent,
    time_is_up,
    wait_with_deadline,
)
from config import Settings

POOL_WAIT = 2.0
LOCK_TIMEOUT = 2.0
STATEMENT_TIMEOUT = 5.0
PING_TIMEOUT = 1.0
IDLE_BEFORE_PING = 30.0
POOL_SLICE = 0.25
SILENT_AFTER = 1.0  # longer than our own queries take on a busy machine

_TIMEOUTS = (
    f"statement_timeout = {STATEMENT_TIMEOUT * 1000:.0f}",
    f"lock_timeout = {LOCK_TIMEOUT * 1000:.0f}",
    "timezone = 'UTC'",  # elsewhere the first and last day there are lie outside of Python's years
)
PREPARED_ONCE = "SET plan_cache_mode = force_generic_plan;"  # prepared is only what may be
SET_SESSION = "".join(f"SET {setting};" for setting in _TIMEOUTS) + PREPARED_ONCE
SET_LOCAL_TIMEOUTS = "".join(f"SET LOCAL {setting};" for setting in _TIMEOUTS)


class BreakerPool(QueuePool):
    """A pool that refuses at once while the database does not answer.

    Whoever waits behind a request that waits in vain would only wait as long again. One a second
    may try; the first answer ends it.
    """

    def connect(self) -> PoolProxiedConnection:
        end = min(time.monotonic() + POOL_WAIT, time_is_up())
        capacity = self.size() + self._max_overflow
        while True:
            is_stuck = self.checkedout() >= capacity and is_silent(capacity, SILENT_AFTER)
            if is_stuck or breaker.refuses():
                raise PoolTimeout("the database does not answer")
            try:
                return super().connect()
            except PoolTimeout:
                if time.monotonic() >= end:
                    raise

    def forget(self, connection: PoolProxiedConnection, error: BaseException) -> None:
        """Closes a connection, and the others before their next use: what cut one cut them all."""
        self._invalidate(connection, error)  # type: ignore[arg-type]


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


def _connect(_dialect: Any, record: Any, args: Any, kwargs: Any) -> Any:
    with at_most(CONNECT_TIMEOUT):
        connection = psycopg2.connect(*args, **kwargs)
        connection.autocommit = True
        record.info["is_direct"] = _is_direct(connection)
        if record.info["is_direct"]:
            with connection.cursor() as cursor:
                cursor.execute(SET_SESSION)
        connection.autocommit = False
    return connection


def _is_direct(connection: Any) -> bool:
    """Is it the process of the handshake that answers? Behind a transaction pooler it is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0] == connection.info.backend_pid


def transaction_limits(connection: PoolProxiedConnection) -> str:
    """Behind a transaction pooler a session's SET would leak into other clients: SET LOCAL then."""
    return "" if connection.info["is_direct"] else SET_LOCAL_TIMEOUTS


def _limit_pooled_transaction(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    limits = transaction_limits(connection.connection)
    if limits and driver is not None and not driver.autocommit:
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
    if leaves_unusable(context.original_exception):
        context.is_disconnect = True


def leaves_unusable(error: BaseException) -> bool:
    return isinstance(error, DeadlineExceeded) or getattr(error, "pgcode", None) in STALE
