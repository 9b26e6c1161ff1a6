"""The transactions of commands: short ones under a request's limits, and ones that may last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.extensions import db
from app.waiting import at_most, start_request_clock

LOCK_TIMEOUT = "30s"
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@contextmanager
def short_transaction() -> Iterator[Session]:
    """A session to look something up, over before anybody is asked anything."""
    try:
        yield db.session()
    finally:
        db.session.rollback()


@contextmanager
def long_transaction(*, is_snapshot: bool = False) -> Iterator[Session]:
    """A session whose statements take as long as they need; the caller commits.

    It waits for locks for `LOCK_TIMEOUT`: requests end within seconds, so longer means trouble. A
    snapshot only reads, and sees one state of the data however long it reads.
    """
    start_request_clock(math.inf)
    try:
        db.session.connection(execution_options=SNAPSHOT if is_snapshot else {})
        with at_most(math.inf):
            db.session.execute(text("SET LOCAL statement_timeout = 0"))
            db.session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            yield db.session()
    finally:
        db.session.rollback()
