"""How long a thread waits for PostgreSQL: deadlines, and a breaker for when it is silent.

No request outlives `REQUEST_BUDGET`, whatever the database does.
"""

from __future__ import annotations

import math
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import psycopg2
import psycopg2.extensions

CONNECT_TIMEOUT = 3.0
CLIENT_TIMEOUT = 5.5  # a little longer than the server's own, for the server that never answers
REQUEST_BUDGET = 9.0  # seconds of database work in one request, all statements together
PROBE_EVERY = 1.0

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
    end = min(started + getattr(_clock, "statement", CLIENT_TIMEOUT), time_is_up())
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
        breaker.reset()
    finally:
        _waits.pop(thread, None)


def _give_up(waited: float) -> NoReturn:
    if waited >= CONNECT_TIMEOUT:  # less is the caller's own haste
        breaker.trip()
    raise DeadlineExceeded("the database did not answer in time")


def is_silent(threads: int, seconds: float) -> bool:
    """Do that many threads wait for the database, none of them answered for so long?"""
    since = list(_waits.values())
    return len(since) >= threads and time.monotonic() - max(since) > seconds


def time_is_up() -> float:
    """When this thread's request has used up its budget (monotonic seconds)."""
    return getattr(_clock, "end", math.inf)


class Breaker:
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


breaker = Breaker()
