"""Statements that PostgreSQL plans once for each connection, not once for each request.

psycopg2 prepares nothing by itself, and planning a statement with several parts costs much of what
running it does. This is for statements whose best plan is the same whatever their parameters,
look-ups by key and writes, and for direct connections: behind a transaction pooler the next
transaction may run on a server that has never heard of the statement.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.sql.base import Executable

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|%)")
OPTION = "plan_once"
STALE = frozenset({"26000", "0A000"})  # no such statement; its tables have changed since


def plan_once(statement: Any) -> Any:
    """`statement`, to be prepared where it is executed over a direct connection."""
    assert isinstance(statement, Executable)
    return statement.execution_options(**{OPTION: True})


class _Texts(NamedTuple):
    name: str
    prepare: str
    execute: str


def execute_prepared(
    connection: Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    _executemany: bool,
) -> tuple[str, Any]:
    """SQLAlchemy's `before_cursor_execute`: what is sent in the place of a marked statement."""
    if context is None or not context.execution_options.get(OPTION):
        return statement, parameters
    if not connection.info.get("is_direct"):
        return statement, parameters
    texts = _texts(statement)
    known = connection.info.setdefault("prepared", set())
    if texts.name in known:
        return texts.execute, parameters
    known.add(texts.name)  # a prepared statement outlives the failure of its transaction
    return f"{texts.prepare}; {texts.execute}", parameters


@lru_cache(maxsize=128)
def _texts(statement: str) -> _Texts:
    """The statement with numbered parameters, and the one that executes it with psycopg2's."""
    numbers: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        name = match.group(1)
        return "%%" if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    body = _PLACEHOLDER.sub(numbered, statement)
    name = f"once_{hashlib.sha256(statement.encode()).hexdigest()[:16]}"
    arguments = ", ".join(f"%({parameter})s" for parameter in numbers)
    return _Texts(name, f"PREPARE {name} AS {body}", f"EXECUTE {name} ({arguments})")
