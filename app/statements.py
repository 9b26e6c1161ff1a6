"""Statements that are compiled once, and planned once for each connection.

SQLAlchemy makes their text; on the hot path psycopg2 sends it as it stands (`app.database`), since
what happens around each of SQLAlchemy's executions costs more than the execution. psycopg2 prepares
nothing by itself, and planning a statement with several parts costs much of what running it does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

_DIALECT: Any = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|%)")
_OPTION = "plan_once"
STALE = frozenset({"26000", "0A000"})  # no such statement; its tables have changed since


class Statement:
    """A Core statement as text for psycopg2.

    `plan_once` is for statements whose best plan is the same whatever their parameters: they are
    prepared on direct connections. Behind a transaction pooler the next transaction may run on a
    server that has never heard of the statement, so there it is sent in full.
    """

    def __init__(self, core: Any, *, plan_once: bool = False) -> None:
        compiled = core.compile(dialect=_DIALECT)
        self.core = core.execution_options(**{_OPTION: True}) if plan_once else core
        self.text = str(compiled)
        self.constants = {name: v for name, v in compiled.params.items() if v is not None}
        self.is_planned_once = plan_once

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its rows' members, in their order."""
        return tuple(column.name for column in self.core.exported_columns)

    def sent(
        self, parameters: Mapping[str, Any], connection_info: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """What to send on a connection: text and parameters."""
        text = _prepared(self.text, connection_info) if self.is_planned_once else self.text
        return text, {**self.constants, **parameters}


def execute_prepared(
    connection: Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    _executemany: bool,
) -> tuple[str, Any]:
    """SQLAlchemy's `before_cursor_execute`: prepares the same statements within a session."""
    if context is None or not context.execution_options.get(_OPTION):
        return statement, parameters
    return _prepared(statement, connection.info), parameters


def _prepared(text: str, connection_info: dict[str, Any]) -> str:
    if not connection_info.get("is_direct"):
        return text
    texts = texts_of(text)
    known = connection_info.setdefault("prepared", set())
    if texts.name in known:
        return texts.execute
    known.add(texts.name)  # a prepared statement outlives the failure of its transaction
    return f"{texts.prepare}; {texts.execute}"


class Texts(NamedTuple):
    name: str
    prepare: str
    execute: str


@lru_cache(maxsize=512)
def texts_of(statement: str) -> Texts:
    """The statement with numbered parameters, and the one that executes it with psycopg2's."""
    numbers: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        name = match.group(1)
        return "%%" if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    body = _PLACEHOLDER.sub(numbered, statement)
    name = f"once_{hashlib.sha256(statement.encode()).hexdigest()[:16]}"
    arguments = ", ".join(f"%({parameter})s" for parameter in numbers)
    return Texts(name, f"PREPARE {name} AS {body}", f"EXECUTE {name} ({arguments})")
