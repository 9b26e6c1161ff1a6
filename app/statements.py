"""Statements that are compiled once, and planned once for each connection where that is best.

SQLAlchemy writes their text; requests hand it to psycopg2 as it stands (`app.database`), since what
happens around each of SQLAlchemy's executions costs more than the execution. psycopg2 prepares
nothing by itself, and planning a statement with several parts costs much of what running it does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

_DIALECT: Any = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|%)")
STALE = frozenset({"26000", "0A000"})  # no such statement; its tables have changed since


class Statement:
    """A Core statement as text for psycopg2.

    `plan_once` is for statements whose best plan is the same whatever their parameters: they are
    prepared on direct connections. Behind a transaction pooler the next transaction may run on a
    server that has never heard of the statement, so there it is sent in full.
    """

    def __init__(self, core: Any, *, plan_once: bool = False) -> None:
        compiled = core.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.constants = {name: v for name, v in compiled.params.items() if v is not None}
        self.columns = tuple(str(column.key) for column in core.exported_columns)
        self.is_planned_once = plan_once

    def sent(
        self, parameters: Mapping[str, Any], connection_info: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """What to send on a connection: text and parameters."""
        given = {**self.constants, **parameters}
        if not self.is_planned_once or not connection_info["is_direct"]:
            return self.text, given
        texts = texts_of(self.text)
        known = connection_info.setdefault("prepared", set())
        if texts.name in known:
            return texts.execute, given
        known.add(texts.name)  # a prepared statement outlives the failure of its transaction
        return f"{texts.prepare}; {texts.execute}", given


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
